import { stormBreak } from '../log-storm.ts'
import type { Application, Claim, Limits } from '../slot/port.ts'
import { tidyGrants } from './access/grants/tidy.ts'
import { accessPart, type AccessPart } from './access/part.ts'
import { dutiesOf, type Duties, type Duty } from './duties.ts'
import { DATA_HOLDER, type Server } from './endpoints/server.ts'
import { erasuresOf, type Erasures } from './holder/erasures.ts'
import { indexObject } from './holder/search-index.ts'
import { send, sendError } from './http/answer.ts'
import { ApiError, storageFull, TITLES, unavailable } from './http/api-error.ts'
import { letGo } from './http/body.ts'
import { readAway } from './http/read-away.ts'
import { router } from './http/router.ts'
import { restReading } from './json-ld/read.ts'
import type { Graph } from './json-ld/graph.ts'
import { CARGO } from './namespaces.ts'
import { notificationsPart } from './notifications/part.ts'
import { objectBody } from './objects/body.ts'
import { putObject } from './objects/rows.ts'
import { objectIri } from './objects/split.ts'
import { routesOf } from './routes.ts'
import { hasNoRoom, ObjectStoreError } from './store/object-store.ts'
import type { Transaction } from './store/port.ts'
import { openRecord, type AttachedRecord, type RecordOptions } from './store/record.ts'

/** What the server owes later, by part. */
const duties = ({ record }: Server, ...others: readonly Duty[]): readonly Duty[] => [tidyGrants(record), ...others]

/** The first object of a new record: the organisation that the server information names as its data holder. */
const dataHolder = ({ baseUrl, name }: Claim) => async (tx: Transaction): Promise<void> => {
  const iri = objectIri(baseUrl, DATA_HOLDER)
  const type = `${CARGO}Organization`
  const value = { kind: 'literal' as const, value: name, datatype: null, language: null }
  const graph: Graph = new Map([[iri, { id: iri, types: [type], properties: new Map([[`${CARGO}name`, { values: [value], array: false }]]) }]])
  await putObject(tx, { id: DATA_HOLDER, type, revision: 1, body: objectBody(graph, iri, 1) })
  indexObject(tx, { id: DATA_HOLDER, iri, before: null, after: graph })
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

/** On every answer in open mode, so that nobody takes it for more than an experiment (docs/decisions/0027). */
const OPEN_MODE = { 'x-open-mode': 'everybody is the holder' }

/** The ONE Record server of one claim, its record in the object store. */
export const oneRecordApplication = (options: Partial<RecordOptions> = {}): Application => {
  const { promise: deposed, resolve: depose } = Promise.withResolvers<void>()
  const limited = new Set<keyof Limits>()
  let attached: { readonly record: AttachedRecord; readonly part: AccessPart; readonly isOpen: boolean; readonly owed: Duties; readonly erasures: Erasures; readonly route: ReturnType<typeof router> } | null = null

  return {
    attach: async (claim) => {
      const { baseUrl: base, limits } = claim
      const noteLimit = (limit: keyof Limits): void => void limited.add(limit)
      const record = await openRecord(claim, { genesis: dataHolder(claim), limit: { bytes: limits.storedBytes, reached: () => noteLimit('storedBytes') }, complain }, options)
      const part = accessPart(claim, () => record.reader(), noteLimit)
      const server: Server = {
        base, limits, strictness: claim.strictness, maxBodyBytes: limits.bodyBytes, record, since: Date.now(), access: part.access, noteLimit,
        lookAgain: () => owed.lookAgain(),
      }
      const notifications = notificationsPart(server, claim)
      const erasures = erasuresOf(record)
      const owed = dutiesOf(record, duties(server, notifications.duty, erasures.duty), complain)
      attached = { record, owed, erasures, part, isOpen: claim.access.open, route: router(routesOf(server, { access: part, notifications }), base, part.authenticate) }
      void record.deposed.then(() => {
        owed.stop()
        depose()
      })
      owed.start()
    },
    handle: async (request, response) => {
      const always = attached?.isOpen ? OPEN_MODE : {}
      try {
        if (!attached) throw unavailable('This server has no record yet.')
        await send(request, response, await attached.route(request), always)
      } catch (error) {
        if (request.destroyed && !request.complete) return // nobody is there to be told
        sendError(request, response, asAnswer(error), always)
      } finally {
        letGo(request)
        readAway(request)
      }
    },
    renew: (storage) => attached?.record.renew(storage),
    quiesce: async () => {
      if (!attached) return { state: 'quiet', dueAt: null }
      const { record, owed, part } = attached
      const atWork = owed.busy()
      if (atWork !== null) return { state: 'busy', reason: `${atWork} is at work` }
      owed.stop()
      let quiet = false
      try {
        const due = await owed.dueAt()
        const busy = due !== null && due <= Date.now() ? 'work is due' : (await record.rest()).busy
        part.closeSockets()
        await restReading()
        quiet = busy === null
        return busy === null ? { state: 'quiet', dueAt: due === null ? null : new Date(due).toISOString() } : { state: 'busy', reason: busy }
      } finally {
        if (!quiet) owed.start()
      }
    },
    // its sockets are opened by the next request
    resume: () => attached?.owed.start(),
    report: () => ({ usage: attached?.record.usage() ?? { objects: 0, bytes: 0 }, limited: [...limited], erasures: attached?.erasures.pending() ?? [] }),
    erased: async (id) => attached?.erasures.confirm(id),
    deposed,
  }
}
