import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { SecretValue } from '../../secrets.ts'
import { reasonOf, statusOf, type Engine } from '../engine.ts'
import { LABEL } from '../labels.ts'
import type { ServiceAnswer } from './answers.ts'
import type { MountedSecret } from './spec.ts'

/**
 * Secrets of functions as Swarm secrets. One cannot be changed, so each value has a secret of its own, named after it by a keyed hash:
 * gateways agree on the name, and it tells nobody the value. A new value is a change of the function like any other.
 */
export type SwarmSecrets = {
  /** Makes those that are not there yet. */
  ensure(secrets: readonly SecretValue[]): Promise<readonly MountedSecret[]>
  /** Removes those that none of the services needs any more. */
  sweep(services: readonly ServiceAnswer[]): Promise<void>
}

const secretsSchema = z.array(z.object({ ID: z.string(), CreatedAt: z.coerce.date(), Spec: z.object({ Name: z.string() }) }))

/** A secret is made before the service that uses it: so long it is left, milliseconds, clocks apart included. */
const GRACE_MS = 300_000
/** Swarm's limit of a name is 64 characters. */
const SHOWN = 24

export const swarmSecrets = (engine: Engine, scope: string, key: string): SwarmSecrets => {
  const nameOf = ({ name, namespace, value }: SecretValue): string => {
    const hash = createHmac('sha256', key).update(JSON.stringify([scope, namespace, name])).update(value).digest('hex').slice(0, 24)
    return `${scope.slice(0, 12)}-${name.slice(0, SHOWN).replace(/[^a-z0-9]+$/, '')}-${hash}`
  }
  const find = async (name: string): Promise<string | undefined> =>
    secretsSchema.parse(await engine.listSecrets({ filters: { name: [name] } })).find(({ Spec }) => Spec.Name === name)?.ID

  const ensure = async (secret: SecretValue): Promise<MountedSecret> => {
    const name = nameOf(secret)
    const mounted = (id: string): MountedSecret => ({ file: secret.name, id, name })
    const there = await find(name)
    if (there !== undefined) return mounted(there)
    try {
      const made: unknown = await engine.createSecret({ Name: name, Labels: { [LABEL.scope]: scope, [LABEL.secret]: `${secret.namespace}/${secret.name}` }, Data: secret.value.toString('base64') })
      return mounted(z.object({ id: z.string() }).parse(made).id)
    } catch (error) {
      const first = statusOf(error) === 409 ? await find(name) : undefined // another gateway made it
      if (first === undefined) throw error
      return mounted(first)
    }
  }
  return {
    ensure: (secrets) => Promise.all(secrets.map(ensure)),
    sweep: async (services) => {
      const used = new Set(services.flatMap(secretsOf))
      const all = secretsSchema.parse(await engine.listSecrets({ filters: { label: [`${LABEL.scope}=${scope}`] } }))
      for (const { ID, CreatedAt } of all) {
        if (used.has(ID) || Date.now() - CreatedAt.getTime() < GRACE_MS) continue
        await engine.getSecret(ID).remove().catch((error: unknown) => {
          if (statusOf(error) !== 404 && !/in use/.test(reasonOf(error))) throw error
        })
      }
    },
  }
}

/** Of what runs, and of what an update that fails goes back to. */
const secretsOf = ({ Spec, PreviousSpec, UpdateStatus }: ServiceAnswer): readonly string[] =>
  [Spec, ...(PreviousSpec && UpdateStatus?.State !== 'completed' ? [PreviousSpec] : [])].flatMap(({ TaskTemplate }) => (TaskTemplate.ContainerSpec?.Secrets ?? []).map(({ SecretID }) => SecretID))
