import type { VitestReport } from './report.ts'

/** What the suite of the event store calls itself for an adapter: `event store: JetStream`. */
const SUITE = 'event store: '

type Cell = { passed: number; failed: number; notRun: number }

/**
 * The contract suite of the event store as a table: a line for each group of cases, a column for each adapter, in each cell how
 * many passed of how many. Empty when the reports hold no such suite.
 */
export const contractTable = (reports: readonly VitestReport[]): string => {
  const tests = reports.flatMap(({ testResults }) => testResults.flatMap(({ assertionResults }) => assertionResults))
  const cells = new Map<string, Map<string, Cell>>()
  const adapters = new Set<string>()
  for (const { ancestorTitles, status } of tests) {
    const [suite = '', ...groups] = ancestorTitles.slice(ancestorTitles.findIndex((title) => title.startsWith(SUITE)))
    if (!suite.startsWith(SUITE)) continue
    const adapter = suite.slice(SUITE.length)
    adapters.add(adapter)
    for (const group of [groups.join(', ') || 'the store as a whole', ALL]) count(cells, group, adapter, status)
  }
  if (adapters.size === 0) return ''
  const rows = [...cells].toSorted(([a], [b]) => Number(a === ALL) - Number(b === ALL))
  const lines = [['event store', ...adapters], ...rows.map(([group, of]) => [group, ...[...adapters].map((adapter) => shown(of.get(adapter)))])]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines.map((line) => `  ${line.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))).join('   ')}`).join('\n')
}

const ALL = 'all cases'

const count = (cells: Map<string, Map<string, Cell>>, group: string, adapter: string, status: string): void => {
  const row = cells.get(group) ?? new Map<string, Cell>()
  const cell = row.get(adapter) ?? { passed: 0, failed: 0, notRun: 0 }
  cells.set(group, row.set(adapter, cell))
  if (status === 'passed') cell.passed++
  else if (status === 'failed') cell.failed++
  else cell.notRun++
}

const shown = (cell: Cell | undefined): string => {
  if (!cell) return '-'
  const { passed, failed, notRun } = cell
  return passed + failed === 0 ? `${notRun} not run` : `${passed} of ${passed + failed + notRun}`
}
