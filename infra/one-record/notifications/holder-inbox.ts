import * as z from 'zod/mini'
import type { Server } from '../endpoints/server.ts'
import { listAnswer, readPage } from '../holder/page.ts'
import { plainJson } from '../holder/plain-json.ts'
import type { Answer } from '../http/answer.ts'
import { invalidQuery, notFound } from '../http/api-error.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call, Routes } from '../http/router.ts'
import { scanPage } from '../store/scan-page.ts'
import { INBOX, markRead, received, type Received } from './inbox.ts'

/** Notifications that one request marks at most. */
const MOST_MARKED = 200
/** Body of PATCH /holder/inbox. */
export const markSchema = z.strictObject({ ids: z.array(z.string().check(z.maxLength(100))).check(z.maxLength(MOST_MARKED)), isRead: z._default(z.boolean(), true) })

/** The holder's inbox: what others notified, and what waits for the holder here. */
export const inboxRoutes = (server: Server): Routes => ({
  'holder/inbox': { GET: listInbox(server), PATCH: markInbox(server) },
  'holder/inbox/{id}': { GET: readReceived(server) },
})

/** GET /holder/inbox?limit&cursor&unread: newest first. With `unread=true` a page may have fewer than `limit`, and a next all the same. */
const listInbox = ({ base, access, record }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const page = readPage(query, INBOX)
  const unread = query.get('unread') ?? 'false'
  if (unread !== 'true' && unread !== 'false') throw invalidQuery('unread must be true or false.')
  const { rows, last } = await scanPage<Received>(record.reader(), INBOX, page, true)
  const items = rows.map(({ value: { seen: _, isStrangers: __, receivedAt, ...said } }) => ({ ...said, receivedAt: new Date(receivedAt).toISOString() }))
  return listAnswer(`${base}/holder/inbox`, query, unread === 'true' ? items.filter(({ isRead }) => !isRead) : items, last)
}

/** PATCH /holder/inbox: marks notifications as read, or as not. */
const markInbox = ({ access, record, maxBodyBytes }: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { ids, isRead } = await readPlainJson(request, maxBodyBytes, markSchema)
  const marked = await record.write(async (tx) => {
    let count = 0
    for (const id of ids) if (await markRead(tx, id, isRead)) count += 1
    return count
  })
  return plainJson({ marked })
}

/** GET /holder/inbox/{id}: the document, as it came. */
const readReceived = ({ base, access, record }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const reader = record.reader()
  const row = await received(reader, id)
  if (!row?.place) throw notFound(`${base}/holder/inbox/${id}`)
  return { status: 200, body: await reader.body(row.place), headers: { 'content-type': 'application/ld+json' } }
}
