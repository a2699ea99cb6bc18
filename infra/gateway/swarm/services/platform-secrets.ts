import { z } from 'zod'
import { failure } from '../../../../events/errors.ts'
import type { Engine } from '../engine.ts'
import type { MountedSecret } from './spec.ts'

const secretsSchema = z.array(z.object({ ID: z.string(), Spec: z.object({ Name: z.string() }) }))

/** The Swarm secrets that functions of the platform get: the cluster made them, and they are never changed here. */
export const platformSecrets = (engine: Engine, names: ReadonlyMap<string, string>) => ({
  /** @throws FUNCTION_INVALID naming the one that is not there */
  mounted: async (): Promise<readonly MountedSecret[]> => {
    if (names.size === 0) return []
    const all = new Map(secretsSchema.parse(await engine.listSecrets()).map(({ ID, Spec }) => [Spec.Name, ID]))
    return [...names].map(([file, name]) => {
      const id = all.get(name)
      if (id === undefined) throw failure('FUNCTION_INVALID', { reason: `the Swarm has no secret ${name}, which PLATFORM_SECRETS names` })
      return { file, id, name }
    })
  },
})
