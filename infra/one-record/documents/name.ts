import { notFound } from '../http/api-error.ts'

const LONGEST = 200
// no path, no control character: the name becomes a file's where it is saved
const NAME = /^[^\p{C}/\\]+$/u

/** True for what may name a document. */
export const isName = (name: string): boolean => name.length <= LONGEST && NAME.test(name) && name !== '.' && name !== '..'

/** IRI of a document of an object. */
export const documentIri = (object: string, name: string): string => `${object}/documents/${encodeURIComponent(name)}`

/** @throws ApiError 404 */
export const nameOf = (params: Readonly<Record<string, string>>, object: string): string => {
  const name = params['name'] ?? ''
  if (!isName(name)) throw notFound(`${object}/documents`)
  return name
}

/** Content-Disposition that saves under the name, whatever is in it (RFC 6266, RFC 8187). */
export const attachment = (name: string): string => {
  const plain = name.replaceAll(/[^\x20-\x7e]|["%\\]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
