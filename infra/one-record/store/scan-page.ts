import type { Json, Reader, Row } from './port.ts'

/** Which page of a list: `after` is the key that the page before ended with. */
export type PageOf = { readonly limit: number; readonly after: string | null }

/** `last`: the key the page ended with, null when there are no more rows. */
export type Page<T> = { readonly rows: readonly Row<T>[]; readonly last: string | null }

/** One page of the rows below a prefix. */
export const scanPage = async <T = Json>(reader: Reader, prefix: string, { limit, after }: PageOf, reverse = false): Promise<Page<T>> => {
  const rows = await reader.scan<T>({ prefix, reverse, limit, ...(after === null ? {} : { after }) })
  return { rows, last: rows.length < limit ? null : (rows.at(-1)?.key ?? null) }
}

/** All rows below a prefix, `limit` at a time, each page read when it is asked for. */
export async function* scanPages<T = Json>(reader: Reader, prefix: string, limit: number): AsyncGenerator<readonly Row<T>[]> {
  for (let after: string | null = null; ; ) {
    const { rows, last }: Page<T> = await scanPage<T>(reader, prefix, { limit, after })
    yield rows
    if (last === null) return
    after = last
  }
}
