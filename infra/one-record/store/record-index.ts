import * as z from 'zod/mini'
import type { CommitHeader, Placed } from './commit.ts'

/** Where a body lies and since when it holds: commit, offset, bytes, time in milliseconds. */
export type Place = readonly [commit: number, offset: number, bytes: number, at: number]

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

/** First line of a checkpoint; the objects and the requests follow, a line each, as entries of maps. */
const checkpointHeader = z.strictObject({ format: z.literal(1), n: z.int(), epoch: z.int(), at: z.int(), objects: z.int(), requests: z.int() })

export const encodeCheckpoint = ({ head, epoch, at, objects, requests }: RecordIndex): Buffer =>
  Buffer.from([
    { format: 1, n: head, epoch, at, objects: objects.size, requests: requests.size }, [...objects], [...requests],
  ].map((line) => JSON.stringify(line)).join('\n'))

/**
 * The entries are believed, not checked one by one: they are this server's own derived data, and checking took five times as long
 * as reading. @throws Error when it is no checkpoint
 */
export const decodeCheckpoint = (bytes: Buffer): RecordIndex => {
  const [first = '', second = '', third = ''] = bytes.toString().split('\n')
  const { n, epoch, at, ...sizes } = checkpointHeader.parse(JSON.parse(first))
  const objects = new Map(JSON.parse(second) as [string, ObjectRecord][])
  const requests = new Map(JSON.parse(third) as [string, RequestRecord][])
  if (objects.size !== sizes.objects || requests.size !== sizes.requests) throw new Error(`checkpoint ${n} is not whole`)
  return { head: n, epoch, at, objects, requests }
}
