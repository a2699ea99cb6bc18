import * as decide from '../../events/instance/decide.ts'
import { started } from '../../events/node/decide.ts'
import { caused } from '../../infra/aggregates/append.ts'
import { derivedId } from '../../infra/ids.ts'
import { METADATA } from '../../infra/platform/testing/given.ts'
import { now, type PlatformSettings } from '../../infra/platform/port.ts'
import { playground } from '../testing/playground.ts'

let told = 0

/** A playground whose nodes have told that they started, and what may befall it. */
export const healing = async ({ nodes = ['node-1', 'node-2'], heal = {} }: { readonly nodes?: readonly string[]; readonly heal?: Partial<PlatformSettings['heal']> } = {}) => {
  const world = playground({ nodes, heal })
  const { platform } = world
  for (const node of nodes) await platform.store.append(`node.${node}`, caused(started({ node, adopted: 0, maxSlots: 9, at: now(platform) }), `start ${node}`, METADATA), 'any')
  return {
    ...world,
    /** Deployments, all running. */
    running: async (count: number): Promise<readonly string[]> => {
      const ids: string[] = []
      for (let index = 0; index < count; index += 1) ids.push(await world.request(`demo-${index}`, LONG))
      await world.run()
      return ids
    },
    claimOf: async (id: string) => {
      const instance = (await platform.deployments.load(id)).instance?.instance
      if (!instance) throw new Error(`${id} has no instance`)
      return instance
    },
    /** The slot of a deployment dies, and its agent says so. */
    dies: async (id: string, { cause = 'slot', output = [] }: { readonly cause?: 'slot' | 'node'; readonly output?: readonly string[] } = {}): Promise<void> => {
      const claimId = (await platform.deployments.load(id)).instance?.instance.claimId ?? ''
      await platform.agents.kill(claimId)
      await platform.instances.change(claimId, (today) => decide.lost('its process was ended by SIGSEGV', { at: now(platform), cause, output }, today), derivedId('dies', String(told += 1)), METADATA)
    },
    /** A sweep now, and what follows from it. */
    sweep: async (): Promise<void> => {
      await platform.timers.schedule('heal.sweep', now(platform), { type: 'HealDue', data: { cursor: null, spent: null } }, METADATA)
      await world.run()
    },
  }
}

/** Nothing falls asleep by itself meanwhile. */
const LONG = { pauseAfterSeconds: 80_000 }
