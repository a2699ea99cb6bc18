import { describe, expect, test } from 'vitest'
import { LABEL } from '../labels.ts'
import { serviceSchema, tasksSchema } from './answers.ts'
import { conditionOf } from './condition.ts'
import { isTakenBack, REFUSED } from './refusal.ts'

const NOW = Date.parse('2026-03-02T09:10:00Z')
const service = (more: object = {}, labels: object = {}) =>
  serviceSchema.parse({ ID: 's', Version: { Index: 1 }, Spec: { Name: 'fn_echo_openfaas-fn', Labels: labels, TaskTemplate: { ContainerSpec: { Labels: { [LABEL.version]: 'new' } } } }, ...more })
const task = (State: string, more: { readonly Err?: string; readonly code?: number; readonly at?: string; readonly version?: string; readonly limit?: number; readonly desired?: string } = {}) => {
  const { Err, code = 0, at = '2026-03-02T09:05:00Z', version = 'new', limit = 0, desired = 'shutdown' } = more
  return tasksSchema.parse([{
    ID: 't', CreatedAt: at, DesiredState: desired, Status: { Timestamp: at, State, ...(Err ? { Err } : {}), ContainerStatus: { ExitCode: code } },
    Spec: { ContainerSpec: { Labels: { [LABEL.version]: version } }, Resources: { Limits: { MemoryBytes: limit } } },
  }])
}
const failure = (...tasks: ReturnType<typeof task>[]) => conditionOf(service(), tasks.flat(), NOW)['swarm.failure']

describe('the condition of a function', () => {
  test('is nothing to tell when it runs, or when what failed is long past', () => {
    expect([conditionOf(service(), task('running', { desired: 'running' }), NOW), failure(task('failed', { at: '2026-03-02T08:00:00Z' }))]).toEqual([{}, undefined])
  })

  test.each([
    [task('pending', { desired: 'running', Err: 'no suitable node (insufficient resources on 3 nodes)' }), 'a replica waits for a node: no suitable node (insufficient resources on 3 nodes)'],
    [task('failed', { Err: 'task: non-zero exit (3)', code: 3 }), 'a replica failed once, at last at 2026-03-02T09:05:00Z: task: non-zero exit (3)'],
    [task('failed', { Err: 'task: non-zero exit (137)', code: 137, limit: 64 * 2 ** 20 }), 'a replica failed once, at last at 2026-03-02T09:05:00Z: it was killed, most likely because it needed more memory than its limit, 64Mi'],
    [task('failed', { Err: 'task: non-zero exit (137): dockerexec: unhealthy container', code: 137, limit: 1 }), 'a replica failed once, at last at 2026-03-02T09:05:00Z: its health check failed'],
    [task('rejected', { Err: 'No such image: a/b:1' }), 'a replica failed once, at last at 2026-03-02T09:05:00Z: its node has no such image and could not fetch it (No such image: a/b:1)'],
    [task('failed', { version: 'old', Err: 'x' }), 'a replica of another version failed once, at last at 2026-03-02T09:05:00Z: x'],
  ])('%#', (tasks, expected) => {
    expect(failure(tasks)).toBe(expected)
  })

  test('counts failures and tells the newest; a long reason is cut', () => {
    expect(failure(task('failed', { at: '2026-03-02T09:06:00Z', Err: 'newer' }), task('failed', { Err: 'older' }))).toBe('a replica failed 2 times lately, at last at 2026-03-02T09:06:00Z: newer')
    expect(failure(task('failed', { Err: 'x'.repeat(1_000) }))).toHaveLength(300)
  })

  test('tells of an update under way, and of one that was taken back', () => {
    expect(conditionOf(service({ UpdateStatus: { State: 'updating', StartedAt: '2026-03-02T09:09:00Z' } }), [], NOW)).toEqual({ 'swarm.update': 'under way since 2026-03-02T09:09:00Z' })
    const refusal = JSON.stringify({ version: 'bad', deployedAt: 'x', at: '2026-03-02T09:09:00Z', reason: 'it crashed' })
    expect(conditionOf(service({}, { [REFUSED]: refusal }), [], NOW)).toEqual({ 'swarm.update': 'rolled back at 2026-03-02T09:09:00Z, the version before serves on: it crashed' })
    expect(conditionOf(null, [], NOW)).toEqual({ 'swarm.failure': 'it has no service in the Swarm yet' })
  })
})

describe('a version was taken back', () => {
  const rolledBack = service({ UpdateStatus: { State: 'rollback_completed', StartedAt: '2026-03-02T09:04:00Z' } })
  test.each([
    ['when a replica of it was made in the update that failed', rolledBack, task('failed', { version: 'bad' }), true],
    ['not when it was never tried', rolledBack, task('failed', { version: 'other' }), false],
    ['not when it was tried in an earlier update', rolledBack, task('shutdown', { version: 'bad', at: '2026-03-02T09:03:00Z' }), false],
    ['not when the update goes on', service({ UpdateStatus: { State: 'updating', StartedAt: '2026-03-02T09:04:00Z' } }), task('failed', { version: 'bad' }), false],
  ])('%s', (_, given, tasks, expected) => {
    expect(isTakenBack(given, 'bad', tasks)).toBe(expected)
  })
})
