import { expect, test } from 'vitest'
import { contractTable } from './contract-table.ts'
import type { VitestReport } from './report.ts'

const report = (...tests: readonly (readonly [path: readonly string[], status: string])[]): VitestReport => ({
  success: true,
  testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: tests.map(([ancestorTitles, status]) => ({ fullName: ancestorTitles.join(' '), ancestorTitles: [...ancestorTitles], status })) }],
})

test('adapters by cases, with counts', () => {
  const memory = report([['event store: memory', 'races'], 'passed'], [['event store: memory', 'races'], 'passed'], [['event store: memory'], 'passed'])
  const others = report(
    [['event store: JetStream', 'races'], 'passed'], [['event store: JetStream', 'races'], 'failed'], [['event store: JetStream'], 'passed'],
    [['not run', 'event store: Other', 'races'], 'skipped'], [['the store under fire'], 'passed'],
  )
  expect(contractTable([memory, others]).split('\n')).toEqual([
    '  event store            memory   JetStream       Other',
    '  races                  2 of 2      1 of 2   1 not run',
    '  the store as a whole   1 of 1      1 of 1           -',
    '  all cases              3 of 3      2 of 3   1 not run',
  ])
})

test('there is none where the suite did not run', () => expect(contractTable([report([['something else'], 'passed'])])).toBe(''))
