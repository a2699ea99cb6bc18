import { nanos, type NatsConnection } from '@nats-io/transport-node'

/** A stream as the broker's own snapshot has it: configuration, state and archive (NATS documentation, "Disaster recovery"). */
export type StreamCopy = { readonly head: object; readonly chunks: readonly Uint8Array[] }

type Answer = { readonly error?: { readonly description: string } }
const TIMEOUT_MS = 20_000

const ask = async <T extends object>(nc: NatsConnection, api: string, body: object): Promise<T> => {
  const answer = (await nc.request(`$JS.API.STREAM.${api}`, JSON.stringify(body), { timeout: TIMEOUT_MS })).json<T & Answer>()
  if (answer.error) throw new Error(`${api}: ${answer.error.description}`)
  return answer
}

/** Takes a snapshot; the stream goes on meanwhile. */
export const copyStream = async (nc: NatsConnection, stream: string): Promise<StreamCopy> => {
  const inbox = `_INBOX.copy.${nanos(performance.now())}`
  const arriving = nc.subscribe(inbox)
  const { config, state } = await ask<{ readonly config: object; readonly state: object }>(nc, `SNAPSHOT.${stream}`, { deliver_subject: inbox, chunk_size: 128 * 1024 })
  const chunks: Uint8Array[] = []
  for await (const message of arriving) {
    if (message.data.length === 0) break
    chunks.push(message.data)
    message.respond()
  }
  arriving.unsubscribe()
  return { head: { config, state }, chunks }
}

/** Deletes the stream and makes it again as it was copied. */
export const restoreStream = async (nc: NatsConnection, stream: string, { head, chunks }: StreamCopy): Promise<void> => {
  await ask(nc, `DELETE.${stream}`, {})
  const { deliver_subject: to } = await ask<{ readonly deliver_subject: string }>(nc, `RESTORE.${stream}`, head)
  for (const chunk of chunks) await nc.request(to, chunk, { timeout: TIMEOUT_MS })
  const made = (await nc.request(to, new Uint8Array(), { timeout: TIMEOUT_MS })).json<Answer>()
  if (made.error) throw new Error(`restore: ${made.error.description}`)
}
