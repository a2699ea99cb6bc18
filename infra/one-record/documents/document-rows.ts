import { below, key } from '../store/key.ts'
import type { Reader, Row, Transaction } from '../store/port.ts'
import { countUsage } from '../store/usage.ts'

/** Value of `document/<object>/<name>`. `file`: where its bytes are (Files of store/port.ts); `digest`: SHA-256, base64. */
export type DocumentRow = { readonly file: string; readonly mediaType: string; readonly bytes: number; readonly digest: string; readonly by: string }
/** Value of `discarded/<object>/<time>/<file>`: bytes that no document names any more. They count until they are gone from the store. */
type Discarded = { readonly name: string; readonly file: string; readonly bytes: number; readonly digest: string; readonly by: string }

const documentKey = (object: string, name: string): string => key('document', object, name)

export const documentsOf = (object: string): string => below('document', object)

export const findDocument = (reader: Reader, object: string, name: string): Promise<Row<DocumentRow> | null> => reader.get<DocumentRow>(documentKey(object, name))

/** Puts a document, in the place of one that had the name; resolves to whether one had. */
export const putDocument = async (tx: Transaction, object: string, name: string, row: DocumentRow): Promise<boolean> => {
  const replaced = await discard(tx, object, name, row.by)
  tx.put(documentKey(object, name), row)
  await countUsage(tx, { documentBytes: row.bytes })
  return replaced
}

/** Takes a document away; resolves to whether there was one. Its row among the discarded says for ever that there was. */
export const deleteDocument = async (tx: Transaction, object: string, name: string, by: string): Promise<boolean> => {
  const was = await discard(tx, object, name, by)
  if (was) tx.delete(documentKey(object, name))
  return was
}

const discard = async (tx: Transaction, object: string, name: string, by: string): Promise<boolean> => {
  const row = await findDocument(tx, object, name)
  if (!row) return false
  const { file, bytes, digest } = row.value
  tx.put(key('discarded', object, tx.at, file), { name, file, bytes, digest, by } satisfies Discarded)
  return true
}
