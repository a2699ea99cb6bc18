import { failure } from '../../events/errors.ts'
import type { Log } from '../log.ts'
import { retryPolicyOf } from './async/retry-policy.ts'
import { idOf, type FunctionSpec } from './function-spec.ts'
import type { FunctionHost, Pinned, Runnable } from './host.ts'
import { idleMs } from './sleep/policy.ts'
import type { Secrets } from './secrets.ts'
import { storedFunctions, type Wanted } from './stored-functions.ts'
import type { SharedTable } from './shared-table.ts'

/** A function that is there. */
export type Deployed = Wanted & {
  /** `name.namespace`. */
  readonly id: string
  /** Calls since this process started. */
  invocations: number
}

/** The functions there are. A change is stored for all gateways, and made here, when it resolves. */
export type Registry = {
  /** @throws STORE_UNAVAILABLE as long as it is not known which functions there are besides the stack's */
  find(name: string, namespace: string): Deployed | undefined
  /** Those of a namespace. @throws STORE_UNAVAILABLE as `find` */
  list(namespace: string): readonly Deployed[]
  /** All that are known here by now. */
  here(): readonly Deployed[]
  /** @throws FUNCTION_EXISTS, IMAGE_NOT_HELD, FUNCTION_INVALID, INVALID_FIELD of a secret or an annotation, STORE_UNAVAILABLE */
  deploy(spec: FunctionSpec): Promise<void>
  /** @throws FUNCTION_NOT_FOUND, and as `deploy` */
  update(spec: FunctionSpec): Promise<void>
  /** @throws FUNCTION_NOT_FOUND, STORE_UNAVAILABLE */
  remove(name: string, namespace: string): Promise<void>
  /** @throws FUNCTION_NOT_FOUND, STORE_UNAVAILABLE */
  scale(name: string, namespace: string, replicas: number): Promise<void>
  /** Holds what runs against what is wanted; does nothing as long as that is not known. */
  settle(): Promise<void>
  /** Wakes a function that sleeps; others are left as they are. One wake, however many wait. */
  awake(deployed: Deployed): Promise<void>
}

export type RegistryOptions = {
  readonly host: FunctionHost
  readonly table: SharedTable
  readonly secrets: Secrets
  /** Overlay network that a namespace has to itself, null for none. */
  readonly networkOf: (namespace: string) => string | null
  readonly stack: readonly FunctionSpec[]
  /** Called after each change. */
  readonly changed: () => void
  readonly log: Log
}

/** Label with the replicas that a call or an alert's end leads to. */
export const MIN_REPLICAS = 'com.openfaas.scale.min'

/** @throws IMAGE_NOT_HELD, FUNCTION_INVALID, INVALID_FIELD for a function of the stack; one deployed earlier that cannot start is reported and kept */
export const openRegistry = async ({ host, table, secrets, networkOf, stack, changed, log }: RegistryOptions): Promise<Registry> => {
  const stored = storedFunctions(table, new Map(stack.map((spec) => [idOf(spec.service, spec.namespace), spec])))
  const functions = new Map<string, Deployed>()
  const inTurn = oneAfterTheOther()
  const waking = oneForAll()

  const runnable = ({ id, ...wanted }: Wanted & Pick<Deployed, 'id'>): Runnable => {
    const { spec, image, replicas, deployedAt } = wanted
    const [open, network] = [() => secrets.open(spec.namespace, spec.secrets), networkOf(spec.namespace)]
    return { id, spec, image, replicas, deployedAt, network, secrets: open, latest: () => latest(id) }
  }
  const latest = async (id: string): Promise<Runnable | undefined> => {
    const wanted = await stored.ask(id)
    if (!wanted) return undefined
    const opened = await secrets.ask(wanted.spec.namespace, wanted.spec.secrets)
    return { ...runnable({ ...wanted, id }), secrets: () => opened }
  }
  const isWanted = async (id: string): Promise<boolean> => (await stored.ask(id)) !== undefined

  /** Makes what runs here what is wanted. */
  const follow = (id: string) => inTurn(async () => {
    const [wanted, before] = [stored.wanted(id), functions.get(id)]
    if (wanted) {
      const deployed: Deployed = { ...wanted, id, invocations: before?.invocations ?? 0 }
      functions.set(id, deployed)
      await host.run(runnable(deployed)).catch((error: unknown) => {
        // while all is read, a function may come before its secret
        log[stored.isLoaded() ? 'error' : 'debug']({ err: error, function: id }, 'a function cannot start')
      })
    } else if (functions.delete(id)) await host.remove(id, () => isWanted(id)).catch((error: unknown) => log.error({ err: error, function: id }, 'a function could not be removed yet'))
    changed()
  })

  const check = async (spec: FunctionSpec): Promise<Pinned> => {
    retryPolicyOf(spec.annotations)
    idleMs(spec)
    return host.check(spec)
  }
  for (const spec of stack) {
    await check(spec)
    await follow(idOf(spec.service, spec.namespace))
  }
  stored.onChange(follow)
  secrets.onChange(async ({ name, namespace }) => {
    for (const { id, spec } of functions.values()) if (spec.namespace === namespace && spec.secrets.includes(name)) await follow(id)
  })

  const known = <T>(found: T | undefined): T | undefined => {
    if (found === undefined && !stored.isLoaded()) throw failure('STORE_UNAVAILABLE', { reason: 'which functions there are is not known yet' })
    return found
  }
  const require = (spec: FunctionSpec) => {
    const missing = spec.secrets.find((name) => !secrets.has({ name, namespace: spec.namespace }))
    if (missing !== undefined) throw failure('INVALID_FIELD', { field: 'secrets', reason: `there is no secret ${missing} in namespace ${spec.namespace}` })
  }
  const existing = (current: Wanted | undefined, name: string): Wanted => {
    if (!current) throw failure('FUNCTION_NOT_FOUND', { name })
    return current
  }

  return {
    find: (name, namespace) => known(functions.get(idOf(name, namespace))),
    list: (namespace) => {
      known(stored.isLoaded() || undefined)
      return [...functions.values()].filter(({ spec }) => spec.namespace === namespace)
    },
    here: () => [...functions.values()],
    deploy: async (spec) => {
      const image = await check(spec)
      await stored.change(idOf(spec.service, spec.namespace), (current) => {
        if (current) throw failure('FUNCTION_EXISTS', { name: spec.service })
        require(spec)
        return { spec, image, createdAt: now(), deployedAt: now(), replicas: minReplicas(spec) }
      })
    },
    update: async (spec) => {
      const id = idOf(spec.service, spec.namespace)
      existing(known(stored.wanted(id)), spec.service) // the CLI deploys it when it hears that there is none, whatever the image
      const image = await check(spec)
      await stored.change(id, (current) => {
        const { createdAt, replicas } = existing(current, spec.service)
        require(spec)
        return { spec, image, createdAt, deployedAt: now(), replicas }
      })
    },
    remove: (name, namespace) => stored.change(idOf(name, namespace), (current) => void existing(current, name)),
    scale: (name, namespace, replicas) => stored.change(idOf(name, namespace), (current) => ({ ...existing(current, name), replicas })),
    settle: async () => {
      if (stored.isLoaded()) await host.settle(() => [...functions.values()].map(runnable), isWanted)
    },
    awake: ({ id }) => waking.once(id, async () => {
      const deployed = functions.get(id)
      if (!deployed || deployed.replicas > 0 || host.available(id) > 0) return
      const { spec } = deployed
      await inTurn(async () => {
        const woken: Runnable = { ...runnable({ ...deployed, replicas: minReplicas(spec) }), latest: async () => woken }
        if (host.available(id) === 0 && functions.has(id)) await host.run(woken)
      })
      // nobody waits for this: without the broker it serves here, and is asleep for the others
      waking.hold(id, stored
        .change(id, (current) => current && { ...current, replicas: Math.max(current.replicas, minReplicas(spec)) })
        .catch((error: unknown) => log.warn({ err: error, function: id }, 'that a function woke could not be stored')))
    }),
  }
}

export const minReplicas = ({ labels }: FunctionSpec): number => Math.max(1, Math.trunc(Number(labels[MIN_REPLICAS])) || 1)

const now = (): string => new Date().toISOString()

/** Work of a name that is under way is not begun again: who asks for it gets the same. `hold` keeps it from being begun until something else is done. */
const oneForAll = () => {
  const underWay = new Map<string, Promise<void>>()
  const held = new Map<string, Promise<void>>()
  return {
    once: (name: string, work: () => Promise<void>): Promise<void> => {
      if (held.has(name)) return Promise.resolve()
      const begun = underWay.get(name) ?? work().finally(() => underWay.delete(name))
      underWay.set(name, begun)
      return begun
    },
    hold: (name: string, until: Promise<void>): void => void held.set(name, until.finally(() => held.delete(name))),
  }
}

const oneAfterTheOther = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(step: () => Promise<T>): Promise<T> => {
    const done = last.then(step, step)
    last = done.catch(() => {}) // its caller hears of it
    return done
  }
}
