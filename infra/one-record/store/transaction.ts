import type { Draft, Entry } from './commit.ts'
import type { ObjectRecord, Place } from './record-index.ts'

/** What a write sees and does; it sees what earlier writes of the same commit did. */
export type Transaction = {
  /** Time of the commit. */
  readonly at: Date
  /** Newest revision of an object, null when there is no such object. */
  newest(id: string): Promise<Newest | null>
  exists(id: string): boolean
  putObject(object: { readonly id: string; readonly type: string; readonly revision: number; readonly body: Buffer }): void
  putRequest(request: { readonly id: string; readonly type: string; readonly object: string; readonly body: Buffer }): void
}
export type Newest = { readonly type: string; readonly revision: number; readonly body: Buffer }

/** The entries of the next commit while they are gathered. */
export type Stage = {
  readonly drafts: readonly Draft[]
  readonly bytes: number
  /** Runs one change; what it has put counts only when it does not throw. */
  run<T>(change: (transaction: Transaction) => Promise<T>): Promise<T>
}

/** @param objects what is durable @param read reads a durable body */
export const openStage = (objects: ReadonlyMap<string, ObjectRecord>, read: (place: Place) => Promise<Buffer>, at: Date): Stage => {
  const drafts: Draft[] = []
  const changed = new Map<string, Newest>()
  let bytes = 0

  const run: Stage['run'] = async (change) => {
    const own: Draft[] = []
    const ownChanged = new Map<string, Newest>()
    const put = (entry: Entry, body: Buffer): void => void own.push({ entry, body })
    const result = await change({
      at,
      exists: (id) => ownChanged.has(id) || changed.has(id) || objects.has(id),
      newest: async (id) => {
        const staged = ownChanged.get(id) ?? changed.get(id)
        const durable = objects.get(id)
        const place = durable?.revisions.at(-1)
        return staged ?? (durable && place ? { type: durable.type, revision: durable.revisions.length, body: await read(place) } : null)
      },
      putObject: ({ id, type, revision, body }) => {
        ownChanged.set(id, { type, revision, body })
        put({ kind: 'object', id, type, revision, bytes: body.length }, body)
      },
      putRequest: ({ id, type, object, body }) => put({ kind: 'request', id, type, object, bytes: body.length }, body),
    })
    drafts.push(...own)
    for (const [id, newest] of ownChanged) changed.set(id, newest)
    for (const { body } of own) bytes += body.length
    return result
  }
  return { drafts, run, get bytes() { return bytes } }
}
