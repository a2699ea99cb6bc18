import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { randomId } from '../ids.ts'
import { createFile, writeWhole, type BackupFile } from './files.ts'

/**
 * A stream as the broker itself packs it: `backup.json` (configuration and state) and `stream.tar.s2` (NATS documentation,
 * "Disaster Recovery"; API `$JS.API.STREAM.SNAPSHOT` and `.RESTORE`). Sequences and times stay as they are. Without consumers: the
 * broker would add their positions last, and one could be ahead of the messages (see positions.ts).
 */
const headSchema = z.looseObject({
  config: z.looseObject({ name: z.string(), num_replicas: z.int(), metadata: z.record(z.string(), z.string()).optional() }),
  state: z.looseObject({ messages: z.int(), bytes: z.int(), last_seq: z.int() }),
})
type Head = z.infer<typeof headSchema>
const fileOf = (stream: string, name: 'backup.json' | 'stream.tar.s2'): string => `streams/${stream}/${name}`

const CHUNK_BYTES = 128 * 1024
const TIMEOUT_MS = 20_000
/** The broker gives up when a chunk is not taken for a few seconds; so do we when none comes for so long. */
const SILENCE_MS = 30_000

/** Takes a stream while it goes on: what was in it when this began is in the file. @throws Error when it does not come to its end */
export const takeSnapshot = async (nc: NatsConnection, stream: string, folder: string, progressed: (bytes: number) => void): Promise<{ readonly files: readonly BackupFile[]; readonly head: Head }> => {
  const inbox = `_INBOX.backup.${randomId()}`
  const arriving = nc.subscribe(inbox)
  let isSilent = false
  const silence = setTimeout(() => {
    isSilent = true
    arriving.unsubscribe()
  }, SILENCE_MS)
  try {
    const file = await createFile(folder, fileOf(stream, 'stream.tar.s2'))
    const head = headSchema.parse(await ask(nc, `SNAPSHOT.${stream}`, { deliver_subject: inbox, chunk_size: CHUNK_BYTES, no_consumers: true, jsck: true }))
    let [taken, whole] = [0, false]
    for await (const chunk of arriving) {
      silence.refresh()
      if (chunk.headers && chunk.headers.code >= 300) throw new Error(`snapshot of ${stream}: ${chunk.headers.code} ${chunk.headers.description}`)
      whole = chunk.data.length === 0
      if (whole) break
      await file.write(chunk.data)
      chunk.respond() // only now the next ones are sent: the broker waits for whoever writes
      progressed((taken += chunk.data.length))
    }
    if (!whole) throw new Error(isSilent ? `snapshot of ${stream}: nothing came for ${SILENCE_MS / 1000} s` : `snapshot of ${stream}: the connection ended`)
    return { head, files: [await file.end(), await writeWhole(folder, fileOf(stream, 'backup.json'), `${JSON.stringify(head)}\n`)] }
  } finally {
    clearTimeout(silence)
    arriving.unsubscribe()
  }
}

export type BringBack = { readonly replicas: number; /** Added to the stream's own. */ readonly metadata: Readonly<Record<string, string>> }

/** Makes a stream as it was, where there is none. @throws Error with the broker's reason */
export const bringBackStream = async (nc: NatsConnection, stream: string, folder: string, { replicas, metadata }: BringBack, progressed: (bytes: number) => void): Promise<void> => {
  const { config, state } = headSchema.parse(JSON.parse(readFileSync(join(folder, fileOf(stream, 'backup.json')), 'utf8')))
  const head = { config: { ...config, num_replicas: replicas, metadata: { ...config.metadata, ...metadata } }, state }
  const { deliver_subject: to } = z.object({ deliver_subject: z.string() }).parse(await ask(nc, `RESTORE.${stream}`, head))
  let sent = 0
  for await (const chunk of createReadStream(join(folder, fileOf(stream, 'stream.tar.s2')), { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    refuseError(`restore of ${stream}`, (await nc.request(to, chunk, { timeout: TIMEOUT_MS })).string())
    progressed((sent += chunk.length))
  }
  refuseError(`restore of ${stream}`, (await nc.request(to, new Uint8Array(), { timeout: UNPACK_MS })).string())
}

/** The broker unpacks and reads all of it before it answers. */
const UNPACK_MS = 600_000

const ask = async (nc: NatsConnection, api: string, body: object): Promise<unknown> =>
  refuseError(api, (await nc.request(`$JS.API.STREAM.${api}`, JSON.stringify(body), { timeout: TIMEOUT_MS })).string())

const answerSchema = z.looseObject({ error: z.looseObject({ description: z.string() }).optional() })

/** An answer may be empty: a chunk was taken. */
const refuseError = (doing: string, answer: string): unknown => {
  if (answer === '') return null
  const { error, ...rest } = answerSchema.parse(JSON.parse(answer))
  if (error) throw new Error(`${doing}: ${error.description}`)
  return rest
}
