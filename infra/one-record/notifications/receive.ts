import { bodyLimit } from '../access/body-limit.ts'
import { isKnown } from '../access/known.ts'
import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import { invalidBody } from '../http/api-error.ts'
import { readBody } from '../http/body.ts'
import type { Call } from '../http/router.ts'
import { readDocument } from '../json-ld/read.ts'
import { parseJson } from '../json-ld/reader.ts'
import { deposit, type Mark } from './inbox.ts'
import { readNotification } from './notification.ts'

/** Longest Idempotency-Key, characters. */
const LONGEST_KEY = 255

/**
 * POST /notifications (2.3.0, Send Notification), open to every authenticated agent: it is put into the holder's inbox, once. 204.
 * Of agents that the holder does not know it is smaller, and so many wait unread, and no more (docs/decisions/0031): 413, 429.
 * What it has besides the standard's is kept as it came, so that a newer one can be read too.
 */
export const receiveNotification = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  const mark = markOf(request.headers['idempotency-key'], agent.uri)
  const text = await readBody(request, await bodyLimit(server, agent))
  const json = parseJson(text)
  const notification = readNotification(await readDocument(json))
  await server.record.write(async (tx) => {
    const sender = { uri: agent.uri, isKnown: await isKnown(tx, agent) }
    return deposit(tx, notification, () => tx.keep(Buffer.from(text)), mark ?? { sender: agent.uri, by: 'content', text: JSON.stringify(json) }, sender)
  })
  return { status: 204, headers: {} }
}

const markOf = (given: string | string[] | undefined, sender: string): Mark | null => {
  if (given === undefined) return null
  if (typeof given !== 'string' || given === '' || given.length > LONGEST_KEY) throw invalidBody(`Idempotency-Key must have 1 to ${LONGEST_KEY} characters.`)
  return { sender, by: 'key', text: given }
}
