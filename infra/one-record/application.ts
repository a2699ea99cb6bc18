import { stormBreak } from '../log-storm.ts'
import type { Application, Claim } from '../slot/port.ts'
import { everybody } from './access/open.ts'
import { auditTrail } from './endpoints/audit-trail.ts'
import { changeObject } from './endpoints/change-object.ts'
import { createObject } from './endpoints/create-object.ts'
import { readObject } from './endpoints/read-object.ts'
import { readRequest } from './endpoints/read-request.ts'
import { DATA_HOLDER, type Server } from './endpoints/server.ts'
import { serverInformation } from './endpoints/server-information.ts'
import { send, sendError } from './http/answer.ts'
import { ApiError, storageFull, TITLES, unavailable } from './http/api-error.ts'
import { letGo } from './http/body.ts'
import { router, type Routes } from './http/router.ts'
import { CARGO } from './namespaces.ts'
import { objectBody } from './objects/body.ts'
import { objectIri } from './objects/split.ts'
import type { Draft } from './store/commit.ts'
import { hasNoRoom, ObjectStoreError } from './store/object-store.ts'
import { openRecord, type AttachedRecord, type RecordOptions } from './store/record.ts'

/** Endpoints of the standard served here. Nobody is asked who they are: authentication is not part of this server yet. */
const routes = (server: Server): Routes => {
  const read = readObject(server)
  const request = readRequest(server)
  return {
    '': { GET: serverInformation(server) },
    'logistics-objects': { POST: createObject(server) },
    'logistics-objects/{id}': { GET: read, HEAD: read, PATCH: changeObject(server) },
    'logistics-objects/{id}/audit-trail': { GET: auditTrail(server) },
    'action-requests/{id}': { GET: request, HEAD: request },
  }
}

/** The first entry of a new record: the organisation that the server information names as its data holder. */
const dataHolder = ({ baseUrl, name }: Claim): Draft => {
  const iri = objectIri(baseUrl, DATA_HOLDER)
  const type = `${CARGO}Organization`
  const value = { kind: 'literal' as const, value: name, datatype: null, language: null }
  const body = objectBody(new Map([[iri, { id: iri, types: [type], properties: new Map([[`${CARGO}name`, { values: [value], array: false }]]) }]]), iri, 1)
  return { entry: { kind: 'object', id: DATA_HOLDER, type, revision: 1, bytes: body.length }, body }
}

/** A slot that floods its output is ended (infra/agent/slot-output.ts): while the object store is away each request fails alike. */
const mayComplain = stormBreak()
const complain = (error: unknown): void => {
  const [text, told] = error instanceof Error ? [error.message, error.stack ?? error.message] : [String(error), String(error)]
  const before = mayComplain(text)
  if (before !== null) process.stderr.write(`${JSON.stringify({ level: 50, part: 'one-record', msg: told, ...(before > 0 ? { alikeNotWritten: before } : {}) })}\n`)
}

/** Why a request failed, for its client; what nobody foresaw goes to standard error, without bodies. */
const asAnswer = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error
  if (hasNoRoom(error)) return storageFull()
  complain(error)
  return error instanceof ObjectStoreError ? unavailable('The object store does not answer.') : new ApiError(500, TITLES.internal, 'Something went wrong here.')
}

/** The ONE Record server of one claim, its record in the object store. */
export const oneRecordApplication = (options: Partial<RecordOptions> = {}): Application => {
  const { promise: deposed, resolve: depose } = Promise.withResolvers<void>()
  let attached: { readonly record: AttachedRecord; readonly route: ReturnType<typeof router> } | null = null

  return {
    attach: async (claim) => {
      const record = await openRecord(claim, () => [dataHolder(claim)], options)
      const server: Server = { base: claim.baseUrl, maxBodyBytes: claim.limits.bodyBytes, record, since: Date.now() }
      attached = { record, route: router(routes(server), claim.baseUrl, () => everybody(objectIri(claim.baseUrl, DATA_HOLDER))) }
      void record.deposed.then(depose)
    },
    handle: async (request, response) => {
      try {
        if (!attached) throw unavailable('This server has no record yet.')
        await send(request, response, await attached.route(request))
      } catch (error) {
        if (request.destroyed && !request.complete) return // nobody is there to be told
        sendError(request, response, asAnswer(error))
      } finally {
        letGo(request)
      }
    },
    renew: (storage) => attached?.record.renew(storage),
    quiesce: async () => {
      const busy = (await attached?.record.rest())?.busy ?? null
      return busy === null ? { state: 'quiet', dueAt: null } : { state: 'busy', reason: busy }
    },
    // sockets are opened by the next request
    resume: () => {},
    report: () => ({ usage: { objects: 0, bytes: 0 }, limited: [], erasures: [] }),
    erased: async () => {},
    deposed,
  }
}
