import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { failure } from '../events/errors.ts'
import { now } from '../infra/platform/port.ts'
import { expectAtRest, expectLegalHistory } from './testing/invariants.ts'
import { playground, type Playground } from './testing/playground.ts'

/** What may happen to a deployment, in any order. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ command: fc.constantFrom('start', 'start', 'stop', 'stop', 'restart', 'restart', 'pause', 'resume', 'hibernate', 'delete') }) },
  { weight: 3, arbitrary: fc.record({ hit: fc.constant(true) }) },
  { weight: 3, arbitrary: fc.record({ passSeconds: fc.constantFrom(1, 10, 11, 100, 5000) }) },
  { weight: 1, arbitrary: fc.record({ busy: fc.constantFrom('edge', 'slot', 'none') }) },
  { weight: 1, arbitrary: fc.record({ slotDies: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ moves: fc.constantFrom('drain' as const, 'upgrade' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** How chance decides: which message is next, what comes twice, what breaks. */
const chance = fc.infiniteStream(fc.nat({ max: 999 }))

test('whatever happens in whatever order, once it rests everything is as its owners want', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), chance, async (steps, luck) => {
      const draw = (): number => luck.next().value ?? 0
      const world = playground({ heal: { everyMs: 1e9 } })
      const id = await world.request('demo', SETTINGS)
      breakSometimes(world, draw)
      const how = { pick: (waiting: number) => draw() % waiting, again: () => draw() % 3 === 0 }
      for (const each of steps) {
        await happen(world, id, each, { ...how, deliveries: draw() % 5 })
        await world.run({ ...how, deliveries: draw() % 5 })
      }
      vi.restoreAllMocks()
      await happen(world, id, { busy: 'none' }, how)
      await world.run(how)
      await world.pass(61_000, how)
      await sweep(world, how)
      expect(world.parked.map(({ function: name, delivery, error }) => `${name} ${delivery.type} ${String(error)}`)).toEqual([])
      await expectAtRest(world.platform, id, WITHOUT_VISITORS)
      await world.hit(id)
      await world.run(how)
      await expectAtRest(world.platform, id, WITH_A_VISITOR)
      await expectLegalHistory(world.platform, id)
    }),
    { numRuns: 200 },
  )
}, 300_000)

/** Healing looks once: what is not as it should be by now nobody else sees to. */
const sweep = async ({ platform, run }: Playground, how: Parameters<Playground['run']>[0]): Promise<void> => {
  await platform.timers.schedule('heal.sweep', now(platform), { type: 'HealDue', data: { cursor: null, spent: null } }, { correlationId: 'sweep', actor: 'test' })
  await run(how)
}

/** A slot that died in its sleep is missed when it is to wake. */
const WITHOUT_VISITORS = ['running', 'paused', 'hibernated', 'failed'] as const
const WITH_A_VISITOR = ['running', 'failed'] as const
const SETTINGS = { pauseAfterSeconds: 10, hibernateAfterSeconds: 100 }

const happen = async ({ api, hit, pass, platform }: Playground, id: string, step: Step, how: Parameters<Playground['run']>[0]): Promise<void> => {
  if ('command' in step) {
    const reply = step.command === 'delete' ? await api('DELETE', `/${id}`) : await api('POST', `/${id}/${step.command}`)
    expect([202, 409, 410, 503]).toContain(reply.status)
  } else if ('hit' in step) await hit(id)
  else if ('passSeconds' in step) await pass(step.passSeconds * 1000, how)
  else if ('busy' in step) {
    platform.edges.quiescedNow = step.busy === 'edge' ? { state: 'busy', reason: 'one request in flight' } : { state: 'quiesced', requests: 1 }
    platform.agents.quiet = step.busy === 'slot' ? { state: 'busy', reason: 'one request in flight' } : { state: 'frozen', dueAt: null }
  } else if ('moves' in step) {
    for (const { claimId } of platform.agents.held()) {
      await platform.timers.schedule(`move.${claimId}`, now(platform), { type: 'MoveDue', data: { deploymentId: id, claimId, reason: step.moves } }, { correlationId: 'move', actor: 'test' })
        .catch(() => undefined) // broken, and so nobody asked
    }
  } else {
    for (const slot of platform.agents.held()) await platform.agents.kill(slot.claimId)
  }
}

/** Calls that fail before or after they did their work: twice in a life, so that no message is parked for bad luck alone. */
const breakSometimes = ({ platform }: Playground, draw: () => number): void => {
  let left = 2
  const unlucky = (luck: boolean): boolean => luck && left > 0 && (left -= 1) >= 0
  const brittle = <K extends string>(target: Record<K, (...args: never[]) => Promise<unknown>>, method: K): void => {
    const real = target[method].bind(target)
    vi.spyOn(target as Record<string, (...args: never[]) => Promise<unknown>>, method).mockImplementation(async (...args) => {
      const luck = draw()
      if (unlucky(luck % 20 === 1)) throw failure('STORE_UNAVAILABLE', { reason: 'it broke before' })
      const result = await real(...args)
      if (unlucky(luck % 20 === 2)) throw failure('STORE_UNAVAILABLE', { reason: 'it broke after' })
      return result
    })
  }
  brittle(platform.store, 'append')
  brittle(platform.store, 'appendAll')
  brittle(platform.routes, 'put')
  brittle(platform.agents, 'freeze')
  brittle(platform.agents, 'thaw')
  brittle(platform.agents, 'release')
  brittle(platform.hits, 'latest')
  brittle(platform.timers, 'schedule')
}
