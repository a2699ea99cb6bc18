import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import { createFile, type BackupFile } from './files.ts'

/**
 * The messages of a stream that keeps the newest of a subject, one a line. Read in the order of the stream to its live end: whatever
 * is replaced meanwhile comes again further on, so each subject is there (a snapshot's blocks would be of different moments).
 */
const lineSchema = z.strictObject({ subject: z.string(), headers: z.array(z.tuple([z.string(), z.string()])), data: z.base64() })

const fileOf = (stream: string): string => `streams/${stream}/messages.jsonl`

export const takeMessages = async (nc: NatsConnection, stream: string, folder: string, wanted: (message: StoredMsg) => boolean): Promise<{ readonly file: BackupFile; readonly count: number }> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const file = await createFile(folder, fileOf(stream))
  let count = 0
  // from the leader; the server takes both together, the client's type does not know
  const next = (seq: number) => jsm.streams.getMessage(stream, { seq, next_by_subj: '>' } as { seq: number })
  for (let message = await next(1); message; message = await next(message.seq + 1)) {
    if (isMarker(message) || !wanted(message)) continue
    const fields = [...message.header].flatMap(([name, values]) => (OWN_TO_BROKER.has(name) ? [] : values.map((value): [string, string] => [name, value])))
    const line: z.infer<typeof lineSchema> = { subject: message.subject, headers: fields, data: Buffer.from(message.data).toString('base64') }
    await file.write(Buffer.from(`${JSON.stringify(line)}\n`))
    count += 1
  }
  return { file: await file.end(), count }
}

/** What a bucket keeps of a key that was removed. */
const isMarker = ({ header }: StoredMsg): boolean => header.has('KV-Operation') || header.has('Nats-Marker-Reason')

/** What the broker says of a timer that came due; nobody else may (ADR-51). */
const OWN_TO_BROKER: ReadonlySet<string> = new Set(['Nats-Scheduler', 'Nats-Schedule-Next'])

const AT_ONCE = 64

/** Puts them into the stream, which must be there. Timers that came due meanwhile come due at once. */
export const bringBackMessages = async (nc: NatsConnection, stream: string, folder: string): Promise<number> => {
  const js = jetstream(nc)
  let count = 0
  let sending: Promise<unknown>[] = []
  for await (const text of createInterface({ input: createReadStream(join(folder, fileOf(stream))), crlfDelay: Infinity })) {
    const line = lineSchema.parse(JSON.parse(text))
    const fields = headers()
    for (const [name, value] of line.headers) fields.append(name, value)
    sending.push(js.publish(line.subject, Buffer.from(line.data, 'base64'), { headers: fields, expect: { streamName: stream } }))
    count += 1
    if (sending.length < AT_ONCE) continue
    await Promise.all(sending)
    sending = []
  }
  await Promise.all(sending)
  return count
}
