import { commitLog } from '../../one-record/store/log.ts'
import { below } from '../../one-record/store/key.ts'
import type { ObjectStore } from '../../one-record/store/object-store.ts'
import type { Pages } from '../../one-record/store/pages.ts'
import type { Reader, Row } from '../../one-record/store/port.ts'
import type { Checkpoint } from '../../one-record/store/checkpoint.ts'
import { addCommit, indexFrom, viewOf } from '../../one-record/store/record-index.ts'
import { replay } from '../../one-record/store/replay.ts'
import { readerOf } from '../../one-record/store/view.ts'
import { UnsureError } from './unsure.ts'

/** Commits in no checkpoint that are looked through at most: many times as many as a healthy record has. */
const LONGEST_TAIL = 4_096
const ROWS = 1_000

/** A view of a record's rows as of now, for whoever does not hold it. @throws UnsureError, ObjectStoreError */
export const rowsNow = async (newest: Checkpoint | null, { store, prefix, pages }: { readonly store: ObjectStore; readonly prefix: string; readonly pages: Pages }): Promise<Reader> => {
  const log = commitLog(store, prefix)
  const index = indexFrom(newest)
  const from = index.head
  if (from > 0 && !(await log.read(from))) throw new UnsureError(`commit ${from}, which the newest checkpoint ends with, is missing`)
  await replay(log, index, async (commit) => {
    if (index.head - from >= LONGEST_TAIL) throw new UnsureError(`more than ${LONGEST_TAIL} commits are in no checkpoint`)
    addCommit(index, commit)
  })
  return readerOf(viewOf(index, pages), () => Promise.reject(new Error('bodies are not read here')))
}

/** Documents of one logistics object, by their keys below the record's prefix. */
export type DocumentsNamed = {
  /** Those that its rows name. */
  readonly lasting: ReadonlySet<string>
  /** Those that they named until after the horizon: somebody may be reading one. */
  readonly passing: ReadonlySet<string>
}

/** @param horizon milliseconds */
export const documentsNamed = async (reader: Reader, object: string, horizon: number): Promise<DocumentsNamed> => {
  const [lasting, passing] = [new Set<string>(), new Set<string>()]
  for await (const { value } of rows(reader, below('document', object))) lasting.add(fileOf(value))
  for await (const { value, at } of rows(reader, below('discarded', object))) if (at >= horizon) passing.add(fileOf(value))
  return { lasting, passing }
}

const fileOf = (value: Row['value']): string => (value as { readonly file: string }).file

async function* rows(reader: Reader, prefix: string): AsyncGenerator<Row> {
  for (let after: string | undefined, more = true; more; ) {
    const page = await reader.scan({ prefix, limit: ROWS, ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)?.key
    more = page.length === ROWS
  }
}
