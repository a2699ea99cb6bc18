import { crc32 } from 'node:zlib'
import { placeOf } from './commit.ts'
import type { Entry } from './memtable.ts'

/**
 * A page of the index: a line for each item, in the order of the keys, `key TAB rest`. A leaf's items are entries, `value TAB place
 * TAB commit TAB at`; a branch's are its children, each with the first key that it held when it was made, and where it lies.
 */
export type Page = { readonly keys: readonly string[]; readonly rests: readonly string[]; readonly bytes: number }
export type Item = { readonly key: string; readonly rest: string }

/** Where a page lies: in which object below the record's prefix, and its checksum. */
export type PageRef = { readonly object: string; readonly offset: number; readonly bytes: number; readonly crc: number }

/** A page, or a head, that should be there and is not, or is not what it was. All of the index can be made again from the log. */
export class LostPageError extends Error {
  override readonly name = 'LostPageError'
}

/** Bytes that a page is made to take at most; one item more when it does not split evenly. */
export const PAGE_BYTES = 16 * 1024

export const encodePage = (items: readonly Item[]): Buffer => Buffer.from(items.map(lineOf).join(''))
const lineOf = ({ key, rest }: Item): string => `${key}\t${rest}\n`
/** Bytes of an item in a page, or somewhat less when its value is not plain ASCII. */
export const itemBytes = ({ key, rest }: Item): number => key.length + rest.length + 2

/** @throws LostPageError when the bytes are not those that the reference was made for */
export const decodePage = (bytes: Buffer, { object, crc }: PageRef): Page => {
  if (crc32(bytes) !== crc) throw new LostPageError(`a page of ${object} is not what it was`)
  const [keys, rests]: [string[], string[]] = [[], []]
  const text = bytes.toString()
  for (let at = 0; at < text.length; ) {
    const [tab, end] = [text.indexOf('\t', at), text.indexOf('\n', at)]
    keys.push(text.slice(at, tab))
    rests.push(text.slice(tab + 1, end))
    at = end + 1
  }
  return { keys, rests, bytes: bytes.length }
}

/** Index of the first key that is not before `bound`. */
export const firstFrom = ({ keys }: Page, bound: string): number => {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < bound) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the child that holds `key` if any does. */
export const childFor = (page: Page, key: string): number => {
  const index = firstFrom(page, key)
  return page.keys[index] === key ? index : Math.max(0, index - 1)
}

export const restOfEntry = ({ json, place, commit, at }: Entry): string => `${json}\t${place === null ? '' : place.join(' ')}\t${commit}\t${at}`
/** @throws LostPageError */
export const entryAt = ({ keys, rests }: Page, index: number): Entry => {
  const [json, place, commit, at] = (rests[index] ?? '').split('\t')
  if (json === undefined || place === undefined) throw new LostPageError('an entry of the index is not whole')
  return { key: keys[index] ?? '', json, place: placeOf(place), commit: Number(commit), at: Number(at) }
}

export const restOfChild = ({ object, offset, bytes, crc }: PageRef): string => `${object} ${offset} ${bytes} ${crc}`
/** Where a child lies. @throws LostPageError */
export const childAt = ({ rests }: Page, index: number): PageRef => refOf(rests[index] ?? '')
export const refOf = (rest: string): PageRef => {
  const [object = '', ...numbers] = rest.split(' ')
  const [offset, bytes, crc] = numbers.map(Number)
  if (object === '' || offset === undefined || bytes === undefined || crc === undefined) throw new LostPageError('a child of the index is not whole')
  return { object, offset, bytes, crc }
}
