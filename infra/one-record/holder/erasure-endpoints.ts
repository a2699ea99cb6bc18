import * as z from 'zod/mini'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidBody } from '../http/api-error.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call } from '../http/router.ts'
import { objectIri } from '../objects/split.ts'
import { partsOf } from '../store/key.ts'
import { scanPage } from '../store/scan-page.ts'
import { eraseObject } from './erase-object.ts'
import { TOMBSTONES, type Tombstone } from './erasure-rows.ts'
import { listAnswer, readPage } from './page.ts'
import { plainJson } from './plain-json.ts'

/** Body of POST /holder/erasures. */
export const erasureSchema = z.strictObject({ logisticsObject: z.string().check(z.minLength(1), z.maxLength(2_000)) })

/** POST /holder/erasures {logisticsObject: IRI}: from now on nobody can read anything of it here. 201, or 200 when it was erased before. */
export const createErasure = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  const { base, record, access, maxBodyBytes } = server
  access.holderOnly(agent)
  const { logisticsObject } = await readPlainJson(request, maxBodyBytes, erasureSchema)
  const object = localId(base, logisticsObject)
  const { at, tombstone } = await record.write(async (tx) => {
    tx.afterwards(server.lookAgain)
    return { at: tx.at.getTime(), tombstone: await eraseObject(tx, server, object, agent) }
  }, { beyondLimit: true })
  return plainJson(erasureNode(base, object, tombstone), tombstone.erasedAt === at ? 201 : 200)
}

/** GET /holder/erasures?limit=&cursor=: what was erased, and whether its bytes are gone from the store. */
export const listErasures = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<Tombstone>(record.reader(), TOMBSTONES, readPage(query, TOMBSTONES))
  return listAnswer(`${base}/holder/erasures`, query, rows.map(({ key, value }) => erasureNode(base, partsOf(key).at(-1) ?? '', value)), last)
}

const erasureNode = (base: string, object: string, { erasure, type, revisions, erasedAt, erasedBy, state }: Tombstone) => ({
  id: erasure, logisticsObject: objectIri(base, object), type, revisions, erasedAt: new Date(erasedAt).toISOString(), erasedBy, isGoneFromStore: state === 'gone',
})

const localId = (base: string, iri: string): string => {
  const prefix = objectIri(base, '')
  const id = iri.startsWith(prefix) ? iri.slice(prefix.length) : ''
  if (!/^[^/?#]+$/.test(id)) throw invalidBody('logisticsObject must be the IRI of a logistics object of this server.')
  return id
}
