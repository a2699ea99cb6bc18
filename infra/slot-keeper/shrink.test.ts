import { expect, test } from 'vitest'
import type { Task } from './seen.ts'
import { safeShrink } from './shrink.ts'

/** `a:rre` is node a with two running tasks and one that ended; `b`: beginning, `f`: failed. */
const STATES = { r: 'running', e: 'ended', b: 'beginning', f: 'failed' } as const
const tasks = (...nodes: readonly string[]): readonly Task[] =>
  nodes.flatMap((one) => {
    const [node = '', states = ''] = one.split(':')
    return states.split('').map((state, place): Task => ({ place, node: node === '?' ? null : node, state: STATES[state as keyof typeof STATES], error: null }))
  })

test.each<readonly [string, readonly string[], number]>([
  ['nothing ended', ['a:rr', 'b:rr'], 0],
  ['one node', ['a:rree'], 2],
  ['one of the fullest node ended, the others are as full: Swarm might take one that runs there', ['a:rre', 'b:rrr', 'c:rrr'], 0],
  ['one ended on each node', ['a:rre', 'b:rre', 'c:rre'], 3],
  ['ended ones lie where few run', ['a:rrrrr', 'b:ree'], 0],
  ['some are above all that run', ['a:rrr', 'b:rreee'], 2],
  ['all ended', ['a:ee', 'b:e'], 3],
  ['something begins', ['a:rree', 'b:b'], 0],
  ['something is replaced', ['a:rree', 'b:f'], 0],
  ['something has no node yet', ['a:rree', '?:r'], 0],
])('%s', (_, nodes, by) => expect(safeShrink(tasks(...nodes))).toBe(by))

/** The replicated orchestrator of moby/swarmkit: running ones first, numbered by node, the highest numbers go; among equals in the order given. */
const swarmTakes = (all: readonly Task[], by: number): readonly Task[] => {
  const seen = new Map<string | null, number>()
  const numbered = all.toSorted((a, b) => Number(b.state === 'running') - Number(a.state === 'running')).map((task) => {
    seen.set(task.node, (seen.get(task.node) ?? 0) + 1)
    return { task, number: seen.get(task.node) ?? 0 }
  })
  return numbered.toSorted((a, b) => b.number - a.number || Number(b.task.state === 'running') - Number(a.task.state === 'running')).slice(0, by).map(({ task }) => task)
}

test('whatever lies where, Swarm takes none that runs, however it chooses among equals', () => {
  let random = 1
  const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below
  for (let round = 0; round < 2_000; round++) {
    const all = tasks(...['a', 'b', 'c', 'd'].slice(0, 1 + next(4)).map((node) => `${node}:${'r'.repeat(next(5))}${'e'.repeat(next(5))}`))
    expect(swarmTakes(all, safeShrink(all)).map(({ state }) => state)).not.toContain('running')
  }
})
