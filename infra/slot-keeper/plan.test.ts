import { expect, test } from 'vitest'
import { steps, type Situation } from './plan.ts'
import type { Generation, Node, Task } from './seen.ts'

const node = (name: string, slots: Node['slots'] = {}, more: Partial<Node> = {}): Node => ({ name, slots, missed: {}, isDrained: false, ...more })
const task = (node_: string | null, state: Task['state'] = 'running'): Task => ({ place: 1, node: node_, state, error: null })
const generation = (name: string, tasks: readonly Task[], replicas = tasks.length): Generation => ({ service: `service-${name}`, plan: 'small', generation: name, replicas, createdAt: '2026-01-01T00:00:00Z', tasks })
const situation = (changes: Partial<Situation>): Situation =>
  ({ wanted: { plan: 'small', generation: 'new' }, offered: 'new', generations: [], nodes: [node('a'), node('b')], idle: new Set(), mayLevel: false, spare: 2, most: 10, ...changes })

const both = (free: number, claimed: number) => ({ new: { free, claimed } })
const four = ['a', 'a', 'b', 'b'].map((name) => task(name))

test('nothing is done while no node is heard of', () => {
  expect(steps(situation({ nodes: [], generations: [generation('old', four)] }))).toEqual([])
})

test('a generation is made with spares for each node, drained ones left out', () => {
  expect(steps(situation({ offered: null }))).toEqual([{ do: 'create', plan: 'small', generation: 'new', replicas: 4 }])
  expect(steps(situation({ offered: null, nodes: [node('a'), node('b', {}, { isDrained: true })] }))).toEqual([{ do: 'create', plan: 'small', generation: 'new', replicas: 2 }])
})

test('it is offered when it is warm, not before', () => {
  const generations = [generation('new', four)]
  expect(steps(situation({ offered: null, generations, nodes: [node('a', both(2, 0)), node('b', both(1, 0))] }))).toEqual([])
  expect(steps(situation({ offered: null, generations, nodes: [node('a', both(2, 0)), node('b', both(2, 0))] }))).toEqual([{ do: 'offer', plan: 'small', generation: 'new' }])
})

test('replicas are those that are claimed and the spares; those that begin count, ended ones do not', () => {
  const nodes = [node('a', both(1, 1)), node('b', both(2, 0))]
  expect(steps(situation({ nodes, generations: [generation('new', four)] }))).toEqual([{ do: 'scale', service: 'service-new', from: 4, to: 5 }])
  expect(steps(situation({ nodes, generations: [generation('new', [...four, task(null, 'beginning')])] }))).toEqual([])
  expect(steps(situation({ nodes, generations: [generation('new', [...four, task('a', 'ended')])] }))).toEqual([{ do: 'scale', service: 'service-new', from: 5, to: 6 }])
})

test('claims that found none add spares, up to what the nodes hold', () => {
  const nodes = [node('a', both(0, 2), { missed: { small: 3 } }), node('b', both(0, 2))]
  expect(steps(situation({ nodes, generations: [generation('new', four)] }))).toEqual([{ do: 'scale', service: 'service-new', from: 4, to: 11 }])
  expect(steps(situation({ nodes, most: 4, generations: [generation('new', four)] }))).toEqual([{ do: 'scale', service: 'service-new', from: 4, to: 8 }])
})

test('too many are retired after a while, from the fullest node, and only spares', () => {
  const nodes = [node('a', both(4, 0)), node('b', both(0, 3))]
  const generations = [generation('new', [...Array<string>(6).fill('a'), 'b', 'b', 'b'].map((name) => task(name)))]
  expect(steps(situation({ nodes, generations }))).toEqual([])
  expect(steps(situation({ nodes, generations, idle: new Set(['new']) }))).toEqual([{ do: 'retire', node: 'a', plan: 'small', generation: 'new', count: 2 }])
})

test('replicas are lowered by those that ended, when Swarm is sure to take them', () => {
  const nodes = [node('a', both(2, 0)), node('b', both(2, 0))]
  expect(steps(situation({ nodes, generations: [generation('new', [...four, task('a', 'ended'), task('b', 'ended')])] }))).toEqual([{ do: 'scale', service: 'service-new', from: 6, to: 4 }])
  expect(steps(situation({ nodes: [node('a', both(4, 0)), node('b')], generations: [generation('new', [...Array<string>(4).fill('a').map((name) => task(name)), task('b', 'ended')])] }))).toEqual([])
})

test('another image is another generation: made beside the one before, which is kept full until the new one is warm', () => {
  const nodes = [node('a', { old: { free: 1, claimed: 1 } }), node('b', { old: { free: 2, claimed: 0 } })]
  const old = generation('old', four)
  expect(steps(situation({ nodes, offered: 'old', generations: [old] }))).toEqual([
    { do: 'create', plan: 'small', generation: 'new', replicas: 4 }, { do: 'scale', service: 'service-old', from: 4, to: 5 },
  ])
})

test('a generation that cannot begin leaves the one before as it is', () => {
  const nodes = [node('a', { old: { free: 2, claimed: 0 } }), node('b', { old: { free: 2, claimed: 0 } })]
  expect(steps(situation({ nodes, offered: 'old', generations: [generation('old', four), generation('new', four.map(({ node: at }) => task(at, 'failed')))] }))).toEqual([])
})

test('of one that is offered no more all spares are retired at once; those that are claimed stay', () => {
  const nodes = [node('a', { ...both(2, 0), old: { free: 1, claimed: 1 } }), node('b', both(2, 0))]
  expect(steps(situation({ nodes, generations: [generation('new', four), generation('old', [task('a'), task('a')])] }))).toEqual([{ do: 'retire', node: 'a', plan: 'small', generation: 'old', count: 1 }])
})

test('it goes when nothing of it runs and nobody says that it is claimed', () => {
  const warm = [node('a', both(2, 0)), node('b', both(2, 0))]
  const generations = [generation('new', four), generation('old', [task('a', 'ended'), task('b', 'failed')])]
  expect(steps(situation({ nodes: warm, generations }))).toEqual([{ do: 'remove', service: 'service-old' }])
  const claimed = [node('a', { ...both(2, 0), old: { free: 0, claimed: 1 } }), node('b', both(2, 0))]
  expect(steps(situation({ nodes: claimed, generations })).filter((step) => step.do === 'remove')).toEqual([])
})

test('back to an image that was there before: its generation serves again', () => {
  const nodes = [node('a', { old: { free: 1, claimed: 3 }, new: { free: 2, claimed: 0 } }), node('b', both(2, 0))]
  expect(steps(situation({ nodes, wanted: { plan: 'small', generation: 'old' }, offered: 'new', generations: [generation('new', four), generation('old', four)] })))
    .toEqual([{ do: 'scale', service: 'service-old', from: 4, to: 7 }])
})

test('a node that came later gets its share: the richest one gives a spare up, now and then, and what is needed is made where there are fewest', () => {
  const nodes = [node('a', both(4, 0)), node('b')]
  const generations = [generation('new', Array<string>(4).fill('a').map((name) => task(name)))]
  const retire = [{ do: 'retire', node: 'a', plan: 'small', generation: 'new', count: 1 }]
  expect(steps(situation({ nodes, generations }))).toEqual([])
  expect(steps(situation({ nodes, generations, mayLevel: true }))).toEqual(retire)
  expect(steps(situation({ nodes: [node('a', both(4, 0)), node('b', {}, { isDrained: true })], spare: 4, generations, mayLevel: true }))).toEqual([])
  const claimed = [node('a', both(2, 0)), node('b', both(0, 2))]
  expect(steps(situation({ nodes: claimed, spare: 1, generations: [generation('new', four)], mayLevel: true }))).toEqual([])
})
