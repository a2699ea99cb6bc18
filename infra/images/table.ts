export type Built = { readonly name: string; readonly bytes: number; /** `sha256:...` */ readonly id: string }

/** Name, size and id in columns. */
export const tableOf = (built: readonly Built[]): string => {
  const rows = built.map(({ name, bytes, id }) => [name, `${(bytes / 1e6).toFixed(1)} MB`, id.replace('sha256:', '').slice(0, 12)] as const)
  const width = (column: 0 | 1) => Math.max(0, ...rows.map((row) => row[column].length))
  return rows.map(([name, size, id]) => `${name.padEnd(width(0))}  ${size.padStart(width(1))}  ${id}\n`).join('')
}
