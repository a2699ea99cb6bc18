import type { Op } from '../../one-record/store/commit.ts'
import { partsOf } from '../../one-record/store/key.ts'
import type { Redaction } from '../../one-record/store/redact.ts'

/** What is known of the rows of one object when all commits have been looked at. */
export type Superseded = {
  /** Takes the next commit in. */
  add(n: number, ops: readonly Op[]): void
  /** Which rows of commit `n` are the object's and are read by nobody any more, for something came after them. */
  redaction(n: number): Redaction
  /** Commits that changed rows of the object. */
  commits(): readonly number[]
  /** Keys in the store, below the record's prefix, of all documents it ever had. */
  files(): readonly string[]
}

/**
 * A row is an object's when its key names it, or its value says so by `object`: all parts of the server do it that way. What is a row
 * still when its content was erased (that there was an object) stays.
 */
export const supersededRows = (object: string): Superseded => {
  const newest = new Map<string, { readonly n: number; readonly deleted: boolean }>()
  const commits = new Set<number>()
  const files = new Set<string>()
  const iri = `/logistics-objects/${encodeURIComponent(object)}`
  const isIts = (value: unknown): boolean => value === object || (typeof value === 'string' && value.endsWith(iri))

  return {
    add: (n, ops) => {
      for (const { key, json } of ops) {
        const named = newest.has(key) || partsOf(key).includes(object)
        const value = json !== null && (named || json.includes(object)) ? fieldsOf(json) : {}
        if (!named && !isIts(value['object'])) continue
        newest.set(key, { n, deleted: json === null })
        commits.add(n)
        const { file } = value
        if (typeof file === 'string' && file.startsWith('documents/')) files.add(file)
      }
    },
    redaction: (n) => ({ key }) => {
      const last = newest.get(key)
      if (!last) return null
      if (last.deleted) return anonymous(key, object)
      return last.n > n ? key : null
    },
    commits: () => [...commits],
    files: () => [...files],
  }
}

/** The key of a row that is gone, as long: a word that was searched for, or the name of a document, is content too. */
const anonymous = (key: string, object: string): string => {
  if (!partsOf(key).includes(object)) return key
  const [table = '', ...parts] = key.split('/')
  const own = encodeURIComponent(object)
  return [table, ...parts.map((part) => (part === own ? part : 'x'.repeat(Buffer.byteLength(part))))].join('/')
}

const fieldsOf = (json: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
