import { describe, expect, it } from 'vitest'
import { coverageOutcome, isGood, NOT_RUN, outcomeOf, summary, type Outcome, type VitestReport } from './report.ts'

type File = VitestReport['testResults'][number]
const file = (status: string, ...statuses: readonly string[]): File =>
  ({ name: '/a.test.ts', status, message: 'Cannot find module\nat line 1', assertionResults: statuses.map((one) => ({ fullName: `a ${one} test`, ancestorTitles: [], status: one })) })
const report = (success: boolean, ...testResults: File[]): VitestReport => ({ success, testResults })

describe('the outcome of a kind of tests', () => {
  it('counts passed, failed and skipped', () =>
    expect(outcomeOf('unit', report(false, file('failed', 'passed', 'passed', 'failed', 'skipped', 'todo')), 1))
      .toMatchObject({ passed: 2, failed: 1, skipped: ['a skipped test', 'a todo test'], notes: ['failed: a failed test: '] }))

  it('counts a file that fails outside its tests', () =>
    expect(outcomeOf('unit', report(false, file('passed', 'passed'), file('failed', 'skipped')), 1))
      .toMatchObject({ passed: 1, failed: 1, notes: ['/a.test.ts failed outside its tests: Cannot find module'] }))

  it('says what a hook failed with', () =>
    expect(outcomeOf('unit', report(false, { ...file('failed', 'skipped'), message: '' }), 1, [{ file: '/a.test.ts', group: 'a group', message: 'no cluster\nat line 1' }]))
      .toMatchObject({ passed: 0, failed: 1, notes: ['/a.test.ts failed outside its tests: a group: no cluster'] }))

  it('fails when no test ran', () => expect(outcomeOf('e2e', report(true), 1)).toMatchObject({ passed: 0, failed: 1, notes: ['no test ran'] }))

  it('fails when vitest does, though no test did', () =>
    expect(outcomeOf('unit', report(false, file('passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 }))

  it('fails when there is no report', () => expect(outcomeOf('unit', null, 1)).toMatchObject({ failed: 1 }))
})

describe('coverage', () => {
  const covered = (lines: number, branches: number) => coverageOutcome({ total: { lines: { pct: lines }, branches: { pct: branches } } })
  it('is enough from 95 % of lines and of branches on', () => expect(covered(95, 95.1)).toMatchObject({ passed: 1, failed: 0 }))
  it.each([[94.9, 100], [100, 94.9]])('is too little at %d and %d', (lines, branches) => expect(covered(lines, branches)).toMatchObject({ passed: 0, failed: 1 }))
  it('is too little when it was not measured', () => expect(coverageOutcome(null)).toMatchObject({ failed: 1 }))
})

describe('the summary', () => {
  const good = outcomeOf('unit', report(true, file('passed', 'passed', 'passed')), 1.5)
  const skipping = outcomeOf('integration', report(true, file('passed', 'passed', 'skipped')), 20)

  it('ends with the counts of all', () => expect(summary([good, coverageOutcome(null)]).split('\n').at(-1)).toBe('2 passed, 1 failed'))
  it('names what was skipped', () => {
    expect(summary([good, skipping]).split('\n').at(-1)).toBe('3 passed, 0 failed, 1 skipped')
    expect(summary([good, skipping])).toContain('integration: skipped: a skipped test')
  })
  it('lets pass in CI what says that there is no such program', () => {
    const absent: Outcome = { ...good, skipped: [`${NOT_RUN.eventStoreDb} event store: EventStoreDB races`, `${NOT_RUN.faasCli} login`] }
    expect(isGood([absent], { ci: true })).toBe(true)
    expect(summary([absent])).toContain(`1 skipped, ${NOT_RUN.faasCli}`)
  })
  it('lets no skipped test pass in CI', () => {
    expect(isGood([good, skipping], { ci: false })).toBe(true)
    expect(isGood([good, skipping], { ci: true })).toBe(false)
    expect(isGood([good], { ci: true })).toBe(true)
  })
})
