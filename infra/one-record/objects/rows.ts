import { key } from '../store/key.ts'
import type { Place, Reader, Row, Transaction } from '../store/port.ts'
import { countUsage } from '../store/usage.ts'

/**
 * Rows of a logistics object: `object/<id>` is its newest revision, `revision/<id>/<r>` each of them; their bodies are the
 * objects as they are served. `type`: its most specific class; `createdAt`: milliseconds.
 */
type ObjectValue = { readonly type: string; readonly revision: number; readonly createdAt: number }

/** One revision of an object. `at`: since when it holds, milliseconds; `latest`: number of the newest revision. */
export type StoredRevision = { readonly id: string; readonly type: string; readonly revision: number; readonly latest: number; readonly createdAt: number; readonly at: number; readonly place: Place }

const objectKey = (id: string): string => key('object', id)
const revisionKey = (id: string, revision: number): string => key('revision', id, revision)

/** The newest revision of an object; null when there is no such object. */
export const findObject = async (reader: Reader, id: string): Promise<StoredRevision | null> => {
  const row = await reader.get<ObjectValue>(objectKey(id))
  return row && stored(row, id, row.value.revision)
}

/** A revision of an object by its number; null when there is none. */
export const findRevision = async (reader: Reader, id: string, revision: number): Promise<StoredRevision | null> => {
  const newest = await findObject(reader, id)
  if (!newest || revision < 1 || revision > newest.revision) return null
  return revision === newest.revision ? newest : numbered(reader, newest, revision)
}

/** The revision that held at `time`, milliseconds; null when the object was not there. Reads grow with the logarithm of their number. */
export const revisionAt = async (reader: Reader, id: string, time: number): Promise<StoredRevision | null> => {
  const newest = await findObject(reader, id)
  if (!newest || newest.at <= time) return newest
  if (newest.createdAt > time) return null
  let [held, above] = [1, newest.revision]
  while (above - held > 1) {
    const middle = Math.floor((held + above) / 2)
    if ((await numbered(reader, newest, middle)).at <= time) held = middle
    else above = middle
  }
  return numbered(reader, newest, held)
}

/** Puts the next revision of an object, or its first. */
export const putObject = async (tx: Transaction, { id, type, revision, body }: { readonly id: string; readonly type: string; readonly revision: number; readonly body: Buffer }): Promise<void> => {
  const before = await findObject(tx, id)
  if ((before?.revision ?? 0) !== revision - 1) throw new Error(`revision ${revision} of ${id} cannot follow ${before?.revision ?? 0}`)
  const value: ObjectValue = { type, revision, createdAt: before?.createdAt ?? tx.at.getTime() }
  const place = tx.keep(body)
  tx.put(objectKey(id), value, place)
  tx.put(revisionKey(id, revision), value, place)
  if (!before) await countUsage(tx, { objects: 1 })
}

const numbered = async (reader: Reader, newest: StoredRevision, revision: number): Promise<StoredRevision> => {
  const row = await reader.get<ObjectValue>(revisionKey(newest.id, revision))
  if (!row) throw new Error(`revision ${revision} of ${newest.id} is missing`)
  return stored(row, newest.id, newest.revision)
}

const stored = ({ value: { type, revision, createdAt }, place, at }: Row<ObjectValue>, id: string, latest: number): StoredRevision => {
  if (!place) throw new Error(`revision ${revision} of ${id} has no body`)
  return { id, type, revision, latest, createdAt, at, place }
}
