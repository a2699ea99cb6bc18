import { z } from 'zod'
import { statusOf, type Engine } from '../engine.ts'
import { LABEL } from '../labels.ts'

/** Overlay networks by name. */
export type Networks = {
  /** The id; one that is not there yet is made. */
  ensure(name: string): Promise<string>
}

const networksSchema = z.array(z.object({ Id: z.string(), Name: z.string(), Scope: z.string() }))

export const openNetworks = (engine: Engine, scope: string): Networks => {
  const find = async (name: string): Promise<string | undefined> =>
    networksSchema.parse(await engine.listNetworks({ filters: { name: [name], driver: ['overlay'] } })).find(({ Name, Scope }) => Name === name && Scope === 'swarm')?.Id
  return {
    ensure: async (name) => {
      const there = await find(name)
      if (there !== undefined) return there
      try {
        const made = await engine.createNetwork({ Name: name, Driver: 'overlay', Attachable: true, CheckDuplicate: true, Labels: { [LABEL.scope]: scope } })
        return made.id
      } catch (error) {
        const first = statusOf(error) === 409 ? await find(name) : undefined // another gateway made it
        if (first === undefined) throw error
        return first
      }
    },
  }
}
