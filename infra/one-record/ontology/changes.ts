import type { Table } from './table.ts'

const PARTS = ['classes', 'properties', 'restrictions', 'lists'] as const

/** What a newly compiled table says otherwise than the one before, a line for each name: `+ token` is new, `- token` gone. */
export const changesBetween = (before: Table, after: Table): string[] =>
  PARTS.flatMap((part) =>
    [...new Set([...Object.keys(before[part]), ...Object.keys(after[part])])].toSorted().flatMap((name) => {
      const [old = [], now = []] = [before, after].map((table) => (table[part][name] ?? '').split(' ').filter(Boolean))
      const said = [...old.filter((token) => !now.includes(token)).map((token) => `- ${token}`), ...now.filter((token) => !old.includes(token)).map((token) => `+ ${token}`)]
      return said.length > 0 ? [`${part} ${name}: ${said.join('  ')}`] : []
    }))
