import { makeBases } from '../images/bases/make.ts'
import { BASES, type BaseName } from '../images/bases/pins.ts'
import { docker } from '../images/docker.ts'
import { has, upload } from './registry-client.ts'
import type { Bed } from './state.ts'

/**
 * Puts the bases into a bed's registry, `ADDRESS/nats:2.15.2`, and into its builder under their own names. What is made here goes to the
 * registry first, and the builder takes it from there: it then knows that the registry has these layers, and pushes what is built on
 * them without them.
 */
export const provideBases = async ({ builder, registry }: Bed, say: (text: string) => void): Promise<void> => {
  const engine = (...args: readonly string[]) => docker(['--host', `unix://${builder.socket}`, ...args], { configFolder: registry.dockerConfig })
  const there = (reference: string): string => `${registry.address}/${reference}`
  await makeBases({
    names: Object.keys(BASES) as BaseName[], pull: true, say, engine,
    deliver: async (made) => {
      await upload(registry, made)
      await engine('pull', '--quiet', there(made.reference))
      await engine('tag', there(made.reference), made.reference)
    },
  })
  for (const reference of Object.values(BASES)) {
    if (await has(registry, reference)) continue
    await engine('tag', reference, there(reference))
    await engine('push', '--quiet', there(reference))
  }
}
