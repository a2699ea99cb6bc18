import { z } from 'zod'
import type { CommitHeader, Placed } from './commit.ts'

const placeSchema = z.tuple([z.int(), z.int(), z.int(), z.int()])

/** Where a body lies and since when it holds: commit, offset, bytes, time in milliseconds. */
export type Place = readonly [commit: number, offset: number, bytes: number, at: number]

const objectSchema = z.strictObject({ type: z.string(), revisions: z.array(placeSchema), requests: z.array(z.string()) })
const requestSchema = z.strictObject({ type: z.string(), object: z.string(), place: placeSchema })

/** What a checkpoint holds: the index of commits 1 to `n`. */
const checkpointSchema = z.strictObject({
  format: z.literal(1), n: z.int().min(1), epoch: z.int().min(0), at: z.int(),
  objects: z.record(z.string(), objectSchema), requests: z.record(z.string(), requestSchema),
})

/** One object: `revisions[r - 1]` is revision r; `requests` are the ids of its action requests, oldest first. */
export type ObjectRecord = { readonly type: string; readonly revisions: Place[]; readonly requests: string[] }
/** One action request: where its newest state lies. */
export type RequestRecord = { readonly type: string; readonly object: string; readonly place: Place }

/** What all commits up to `head` derive to; bodies stay in the store. */
export type RecordIndex = {
  head: number
  /** Highest epoch in the log. */
  epoch: number
  /** Time of the newest commit in milliseconds; the log's time never goes back. */
  at: number
  readonly objects: Map<string, ObjectRecord>
  readonly requests: Map<string, RequestRecord>
}

export const emptyIndex = (): RecordIndex => ({ head: 0, epoch: 0, at: 0, objects: new Map(), requests: new Map() })

/** Takes the next commit in. @throws Error when it is not the next, or a revision is not */
export const addCommit = (index: RecordIndex, header: CommitHeader, placed: readonly Placed[]): void => {
  if (header.n !== index.head + 1) throw new Error(`commit ${header.n} cannot follow commit ${index.head}`)
  const at = Date.parse(header.at)
  for (const { entry, offset } of placed) {
    const place: Place = [header.n, offset, entry.bytes, at]
    if (entry.kind === 'request') {
      if (!index.requests.has(entry.id)) index.objects.get(entry.object)?.requests.push(entry.id)
      index.requests.set(entry.id, { type: entry.type, object: entry.object, place })
      continue
    }
    const object = index.objects.get(entry.id) ?? { type: entry.type, revisions: [], requests: [] }
    if (entry.revision !== object.revisions.length + 1) throw new Error(`commit ${header.n} has revision ${entry.revision} of ${entry.id} after ${object.revisions.length}`)
    object.revisions.push(place)
    index.objects.set(entry.id, object)
  }
  index.head = header.n
  index.epoch = Math.max(index.epoch, header.epoch)
  index.at = Math.max(index.at, at)
}

export const encodeCheckpoint = (index: RecordIndex): Buffer =>
  Buffer.from(JSON.stringify({
    format: 1, n: index.head, epoch: index.epoch, at: index.at,
    objects: Object.fromEntries(index.objects), requests: Object.fromEntries(index.requests),
  }))

/** @throws Error when it is no checkpoint */
export const decodeCheckpoint = (bytes: Buffer): RecordIndex => {
  const { n, epoch, at, objects, requests } = checkpointSchema.parse(JSON.parse(bytes.toString()))
  return { head: n, epoch, at, objects: new Map(Object.entries(objects)), requests: new Map(Object.entries(requests)) }
}
