import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { oddText } from './values.ts'

/** A body as it goes over the wire, and what is said of it. */
export type Body = { readonly bytes: Uint8Array; readonly headers: Readonly<Record<string, string>> }

const JSON_TYPE = { 'content-type': 'application/json' }

/** As it should be sent. */
export const asJson = (value: unknown): Body => ({ bytes: Buffer.from(JSON.stringify(value)), headers: JSON_TYPE })

/** A document broken on its way: cut, doubled, nested, in another charset, under another name. */
export const spoilt = (value: unknown): fc.Arbitrary<Body> => {
  const text = JSON.stringify(value)
  const as = (bytes: string | Uint8Array, headers: Readonly<Record<string, string>> = JSON_TYPE): Body => ({ bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, headers })
  return fc.oneof(
    fc.nat({ max: Math.max(0, text.length - 1) }).map((end) => as(text.slice(0, end))),
    fc.constantFrom(
      as(`${text}${text}`), as(`\ufeff${text}`), as(`${text}\0`), as(`[${text}`), as(text.replace('{', '{"name":"first","name":')), as(text.replace(/[}]$/, ',"x":1e999999}')), as(text.replace(/[}]$/, ',"x":NaN}')), as(text.replace(/[}]$/, ',}')),
      as('['.repeat(10_000)), as(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`), as('1'.repeat(30_000)), as(`{"name":"${'\\u0000'.repeat(2_000)}"}`), as(''), as(' '), as('null'), as(Buffer.from(text, 'utf16le')), as(Buffer.from([0xff, 0xfe, 0x7b, 0x7d])),
      as(Buffer.from('{"name":"\xc3\x28"}', 'latin1')), as(text, { 'content-type': 'application/json; charset=utf-16' }), as(text, { 'content-type': 'application/json;charset=shift_jis' }), as(gzipSync(text), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      as(text, { ...JSON_TYPE, 'content-encoding': 'gzip' }), as(text, { ...JSON_TYPE, 'content-encoding': 'br, identity' }), as(text, {}), as(text, { 'content-type': 'text/json' }), as(text, { 'content-type': 'application/json, text/html' }),
      as(text, { 'content-type': 'multipart/form-data; boundary=x' }), as(text, { 'content-type': 'application/x-www-form-urlencoded' }), as(text, { 'content-type': '/' }), as(text, { 'content-type': 'application/vnd.x+json' }),
    ),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => as(bytes)),
    oddText.map((odd) => as(odd)),
  )
}
