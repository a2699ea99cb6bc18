import * as z from 'zod/mini'
import { httpIri } from '../access/schemas.ts'
import type { Server } from '../endpoints/server.ts'
import { listAnswer, readPage } from '../holder/page.ts'
import { plainJson } from '../holder/plain-json.ts'
import type { Answer } from '../http/answer.ts'
import { invalidBody, notFound, unprocessable } from '../http/api-error.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call, Routes } from '../http/router.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import type { Transaction } from '../store/port.ts'
import { scanPage, scanPages } from '../store/scan-page.ts'
import { announce } from './enqueue.ts'
import { DEAD, deadLetter, discard, hurry, laneOf, OUTBOX, replay, type DeadLetter, type Owed } from './outbox.ts'

/** Dead letters of one commit when all of them are meant. */
const AT_ONCE = 100
const MOST_AGENTS = 100

/** Body of POST /holder/dead-letters/replay and /discard. */
export const chosenSchema = z.union([
  z.strictObject({ ids: z.array(z.string().check(z.maxLength(100))).check(z.maxLength(AT_ONCE)) }),
  z.strictObject({ all: z.literal(true), agent: z.optional(httpIri) }),
], 'must be {"ids": [...]}, or {"all": true} with or without "agent"')
/** Body of POST /holder/announcements. */
export const announcementSchema = z.strictObject({ object: httpIri, to: z.array(httpIri).check(z.minLength(1), z.maxLength(MOST_AGENTS)) })

/** Body of POST /holder/outbox/retry. */
export const retrySchema = z.strictObject({ agent: httpIri })

/** What the holder sees and does of what is owed to others. */
export const outboxRoutes = (server: Server): Routes => ({
  'holder/outbox': { GET: listOutbox(server) },
  'holder/outbox/retry': { POST: retryNow(server) },
  'holder/dead-letters': { GET: listDead(server) },
  'holder/dead-letters/replay': { POST: eachDead(server, replay) },
  'holder/dead-letters/discard': { POST: eachDead(server, async (tx, { value }) => discard(tx, value.id)) },
  'holder/announcements': { POST: announceObject(server) },
})

const instant = (at: number): string => new Date(at).toISOString()

/** GET /holder/outbox?limit&cursor: by agent, oldest first; with each when its agent is tried next, and what the last attempt met. */
const listOutbox = ({ base, access, record }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const page = readPage(query, OUTBOX)
  const reader = record.reader()
  const { rows, last } = await scanPage<Owed>(reader, OUTBOX, page)
  const lanes = new Map(await Promise.all([...new Set(rows.map(({ value }) => value.agent))].map(async (each) => [each, await laneOf(reader, each)] as const)))
  const items = rows.map(({ value: { needs: _, at, ...owed } }) => {
    const lane = lanes.get(owed.agent)
    return { ...owed, at: instant(at), failures: lane?.failures ?? 0, dueAt: lane ? instant(lane.dueAt) : null, reason: lane?.reason ?? null }
  })
  return listAnswer(`${base}/holder/outbox`, query, items, last)
}

/** POST /holder/outbox/retry `{"agent"}`: what is owed to an agent is tried now. */
const retryNow = (server: Server) => async ({ request, agent: caller }: Call): Promise<Answer> => {
  server.access.holderOnly(caller)
  const { agent } = await readPlainJson(request, server.maxBodyBytes, retrySchema)
  const isOwed = await server.record.write(async (tx) => {
    tx.afterwards(() => server.lookAgain())
    return hurry(tx, agent)
  })
  if (!isOwed) throw notFound(agent)
  return { status: 204, headers: {} }
}

/** GET /holder/dead-letters?limit&cursor: oldest first. */
const listDead = ({ base, access, record }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<DeadLetter>(record.reader(), DEAD, readPage(query, DEAD))
  const items = rows.map(({ value: { needs: _, at, diedAt, ...letter } }) => ({ ...letter, at: instant(at), diedAt: instant(diedAt) }))
  return listAnswer(`${base}/holder/dead-letters`, query, items, last)
}

type DeadRow = NonNullable<Awaited<ReturnType<typeof deadLetter>>>

/** POST /holder/dead-letters/replay, /discard: those named, or all that are there now (of one agent). */
const eachDead = (server: Server, act: (tx: Transaction, row: DeadRow) => Promise<void>) => async ({ request, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const chosen = await readPlainJson(request, server.maxBodyBytes, chosenSchema)
  const count = 'ids' in chosen ? await eachOf(server, chosen.ids, act) : await eachOfAll(server, chosen.agent ?? null, act)
  return plainJson({ count })
}

const eachOf = (server: Server, ids: readonly string[], act: (tx: Transaction, row: DeadRow) => Promise<void>): Promise<number> =>
  server.record.write(async (tx) => {
    let count = 0
    for (const id of new Set(ids)) {
      const row = await deadLetter(tx, id)
      if (!row) continue
      await act(tx, row)
      count += 1
    }
    tx.afterwards(() => server.lookAgain())
    return count
  }, { beyondLimit: true })

/** In pages, each a commit of its own, up to the last that is there when it begins: what dies again meanwhile is not met twice. */
const eachOfAll = async (server: Server, agent: string | null, act: (tx: Transaction, row: DeadRow) => Promise<void>): Promise<number> => {
  let count = 0
  for await (const page of scanPages<DeadLetter>(server.record.reader(), DEAD, AT_ONCE)) {
    const ids = page.filter(({ value }) => agent === null || value.agent === agent).map(({ value }) => value.id)
    if (ids.length > 0) count += await eachOf(server, ids, act)
  }
  return count
}

/** POST /holder/announcements `{"object", "to"}`: tells agents of an object that they may read (LOGISTICS_OBJECT_AVAILABLE). */
const announceObject = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  server.access.holderOnly(agent)
  const { object, to } = await readPlainJson(request, server.maxBodyBytes, announcementSchema)
  const all = objectIri(server.base, '')
  if (!object.startsWith(all)) throw invalidBody('object must be a logistics object of this server.', { resource: object })
  const id = object.slice(all.length)
  await server.record.write(async (tx) => {
    const found = await findObject(tx, id)
    if (!found) throw notFound(object)
    for (const each of to) {
      if (!(await server.access.may(tx, { uri: each, isHolder: false }, 'GET_LOGISTICS_OBJECT', id))) throw unprocessable('This agent may not read the object; grant it first.', { resource: each })
    }
    await announce(tx, server, { id, iri: object, type: found.type }, 'LOGISTICS_OBJECT_AVAILABLE', to)
  })
  return { status: 204, headers: {} }
}
