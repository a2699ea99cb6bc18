import { CatalogueError, failure } from '../../../../events/errors.ts'
import type { Log } from '../../../log.ts'
import type { FunctionSpec } from '../../function-spec.ts'
import type { Runnable } from '../../host.ts'
import { hostUnavailable, reasonOf, type Engine } from '../engine.ts'
import type { Services } from '../host.ts'
import { LABEL, serviceName } from '../labels.ts'
import type { ServiceAnswer } from './answers.ts'
import { CONDITION, conditionOf, reasonOfTask } from './condition.ts'
import { engineServices } from './engine-services.ts'
import { pinImage } from './image.ts'
import { openNetworks } from './networks.ts'
import { requireSuitable } from './nodes.ts'
import { isOfPlatform, type Platform } from './platform.ts'
import { platformSecrets } from './platform-secrets.ts'
import { policyOf } from './policy.ts'
import { isTakenBack, REFUSED, refusalOf, versionOf } from './refusal.ts'
import type { RegistryAuth } from './registry-auth.ts'
import { isSameSpec } from './same-spec.ts'
import { requireDeployable, SECRETS_FOLDER, serviceSpec, type FunctionService } from './spec.ts'
import { swarmSecrets } from './swarm-secrets.ts'

export type ServicesOptions = {
  readonly engine: Engine
  /** Begins the names of services and secrets; gateways of one scope share their functions. */
  readonly scope: string
  /** Overlay network of the functions of a namespace that has none of its own. */
  readonly network: string
  readonly platform: Platform
  readonly auth: RegistryAuth
  /** Names of secrets' values are hashed with it. */
  readonly key: string
  readonly timeoutSeconds: number
  readonly log: Log
}

/** Another gateway was first so often: the next round sees to it. */
const ATTEMPTS = 6

/**
 * Functions as services. What is wanted is in the gateways' shared table, and every gateway does all of this: each change is made on
 * what was read (the service's version), after the table was asked once more, so that whoever is late changes nothing back.
 */
export const openServices = ({ engine, scope, network, platform, auth, key, timeoutSeconds, log }: ServicesOptions): Services => {
  const services = engineServices(engine, scope)
  const secrets = swarmSecrets(engine, scope, key)
  const networks = openNetworks(engine, scope)
  const ofPlatform = platformSecrets(engine, platform.secrets)

  const specOf = async (runnable: Runnable): Promise<FunctionService> => {
    const isPlatform = isOfPlatform(runnable.spec, platform)
    const own = await networks.ensure(runnable.network ?? network)
    return serviceSpec(runnable, {
      scope, timeoutSeconds,
      networks: isPlatform ? [own, await networks.ensure(platform.network)] : [own],
      secrets: [...await secrets.ensure(runnable.secrets()), ...(isPlatform ? await ofPlatform.mounted() : [])],
      environment: isPlatform ? { SECRETS_DIR: SECRETS_FOLDER, ...platform.environment } : {},
    })
  }

  /** One attempt; false when somebody else was first. */
  const attempt = async (given: Runnable, read: ServiceAnswer | null | undefined): Promise<boolean> => {
    const service = read === undefined ? await services.find(serviceName(scope, given.id)) : read
    if (service && service.Spec.Labels[LABEL.scope] !== scope) throw failure('FUNCTION_INVALID', { reason: `the Swarm has a service ${service.Spec.Name} that is none of this gateway's` })
    if (service && (await change(given, service)) === null) return true
    const wanted = await given.latest()
    if (!wanted) return true // it was removed meanwhile, and whoever did that sees to the rest
    const credentials = await auth.of(wanted.spec.image)
    if (!service) return services.create(await specOf(wanted), credentials)
    const spec = await change(wanted, service)
    return spec === null || services.update(service, spec, credentials)
  }

  /** What the service is to become; null when it is so already, or has to wait. */
  const change = async (runnable: Runnable, service: ServiceAnswer): Promise<FunctionService | null> => {
    const spec = await specOf(runnable)
    const refusal = await refused(runnable, service, versionOf(spec.TaskTemplate))
    if (refusal === 'under way') return null
    // of a version that was taken back all but that version
    const next = refusal === null ? spec : { ...(service.Spec as FunctionService), Mode: spec.Mode ?? {}, Labels: { ...service.Spec.Labels, [REFUSED]: refusal } }
    return isSameSpec(next, service.Spec) ? null : next
  }

  /** The label of a version that Swarm took back. */
  const refused = async ({ deployedAt }: Runnable, service: ServiceAnswer, version: string | undefined): Promise<string | null> => {
    const { UpdateStatus: status } = service
    const [text, known] = [service.Spec.Labels[REFUSED], refusalOf(service.Spec.Labels)]
    if (text !== undefined && known?.version === version && known?.deployedAt === deployedAt) return text
    if (!status?.State.startsWith('rollback_') || version === undefined) return null
    const tasks = await services.tasks(service.ID)
    if (!isTakenBack(service, version, tasks)) return null
    if (status.State === 'rollback_started') return 'under way'
    const failed = tasks.find((task) => versionOf(task.Spec) === version && ['failed', 'rejected'].includes(task.Status.State))
    const reason = failed ? reasonOfTask(failed) : status.Message
    log.warn({ function: service.Spec.Labels[LABEL.function], reason }, 'a version was rolled back')
    return JSON.stringify({ version, deployedAt, at: status.StartedAt ?? '', reason })
  }

  const run = async (runnable: Runnable, read?: ServiceAnswer | null): Promise<void> => {
    for (let count = 0; count < ATTEMPTS; count += 1) if (await attempt(runnable, count === 0 ? read : undefined)) return
    log.warn({ function: runnable.id }, 'others change the service faster than this gateway can')
  }
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw error instanceof CatalogueError ? error : hostUnavailable(error)
    }
  }
  const check = async (spec: FunctionSpec) => {
    requireDeployable(spec)
    const policy = policyOf(spec, timeoutSeconds)
    if (isOfPlatform(spec, platform)) await ofPlatform.mounted()
    requireSuitable(spec, policy, await services.nodes())
    return pinImage(engine, spec.image, auth)
  }
  return {
    check: (spec) => told(() => check(spec)),
    run: (runnable) => told(() => run(runnable)),
    remove: (id, isWanted) => told(async () => {
      const service = await services.find(serviceName(scope, id))
      if (service?.Spec.Labels[LABEL.scope] === scope && !(await isWanted())) await services.remove(service)
    }),
    settle: (all, isWanted) => told(async () => {
      const found = new Map((await services.list()).map((service) => [service.Spec.Labels[LABEL.function] ?? '', service]))
      const wanted = all()
      for (const runnable of wanted) {
        await run(runnable, found.get(runnable.id) ?? null).catch((error: unknown) => log.warn({ function: runnable.id, reason: reasonOf(error) }, 'a function cannot be as it is wanted'))
      }
      const ids = new Set(wanted.map(({ id }) => id))
      for (const [id, service] of found) if (!ids.has(id) && !(await isWanted(id))) await services.remove(service)
      await secrets.sweep(await services.list())
    }),
    condition: async (id) => {
      try {
        const service = await services.find(serviceName(scope, id))
        return conditionOf(service, service ? await services.tasks(service.ID) : [], Date.now())
      } catch (error) {
        return { [CONDITION.failure]: `Docker does not answer: ${reasonOf(error)}` } // a list of functions is more than nothing
      }
    },
    close: async () => {},
  }
}
