/** Bytes from `offset`. */
export type Range = { readonly offset: number; readonly bytes: number }

/**
 * The part of `size` bytes that a Range header asks for (RFC 9110, section 14.2). Null: the whole, since nothing, another unit, several
 * parts or nonsense was asked for; `unsatisfiable`: nothing of it is there.
 */
export const rangeOf = (header: string | undefined, size: number): Range | null | 'unsatisfiable' => {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    const bytes = Math.min(Number(last), size)
    return bytes === 0 ? 'unsatisfiable' : { offset: size - bytes, bytes }
  }
  const [offset, end] = [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
  if (last !== '' && Number(last) < offset) return null
  return offset >= size ? 'unsatisfiable' : { offset, bytes: end - offset + 1 }
}

/** True when If-Range lets the range count: the very same representation (RFC 9110, section 13.1.5). */
export const isSameAs = (ifRange: string | undefined, { etag, lastModified }: { readonly etag: string; readonly lastModified: string }): boolean =>
  ifRange === undefined || ifRange.trim() === etag || ifRange.trim() === lastModified
