import type { Server } from '../endpoints/server.ts'
import { listAnswer, readPage } from '../holder/page.ts'
import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import type { Call } from '../http/router.ts'
import { findObject } from '../objects/rows.ts'
import { objectIri } from '../objects/split.ts'
import { partsOf } from '../store/key.ts'
import { scanPage } from '../store/scan-page.ts'
import { documentsOf, type DocumentRow } from './document-rows.ts'
import { documentIri } from './name.ts'

/** GET /logistics-objects/{id}/documents?limit=&cursor=: what documents an object has, by name. */
export const listDocuments = ({ base, record, access }: Server) => async ({ id, query, agent }: Call): Promise<Answer> => {
  const reader = record.reader()
  await access.check(reader, agent, 'GET_LOGISTICS_OBJECT', id)
  const object = objectIri(base, id)
  if (!(await findObject(reader, id))) throw notFound(object)
  const { rows, last } = await scanPage<DocumentRow>(reader, documentsOf(id), readPage(query, documentsOf(id)))
  const items = rows.map(({ key, value: { mediaType, bytes, digest }, at }) => {
    const name = partsOf(key).at(-1) ?? ''
    return { name, url: documentIri(object, name), mediaType, bytes, sha256: Buffer.from(digest, 'base64').toString('hex'), at: new Date(at).toISOString() }
  })
  return listAnswer(`${object}/documents`, query, items, last)
}
