import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { namespaceNameSchema, orEmpty, textsSchema } from './function-spec.ts'
import type { SharedTable } from './shared-table.ts'

/** Body of `POST /system/namespace/` and `PUT /system/namespace/X`, and what a GET of it tells. */
export const namespaceBodySchema = z.strictObject({ name: namespaceNameSchema, annotations: orEmpty(textsSchema, {}), labels: orEmpty(textsSchema, {}) })
export type Namespace = Readonly<z.output<typeof namespaceBodySchema>>

export type Namespaces = {
  list(): readonly string[]
  /** @throws NAMESPACE_NOT_FOUND */
  get(name: string): Namespace
  /** @throws INVALID_FIELD: a body or a query names one that is not there */
  require(name: string): void
  /** Overlay network that it has to itself, null where it shares one. */
  networkOf(name: string): string | null
  /** @throws NAMESPACE_EXISTS, NETWORKS_TAKEN */
  create(namespace: Namespace): Promise<void>
  /** @throws NAMESPACE_NOT_FOUND */
  update(namespace: Namespace): Promise<void>
  /** @throws NAMESPACE_NOT_FOUND, NAMESPACE_IN_USE for those of the stack; whether it is empty is the caller's question */
  remove(name: string): Promise<void>
}

const PREFIX = 'namespace.'
/** Which namespace a network was given to. */
const NETWORK_PREFIX = 'network.'

/**
 * `fixed` are there always: the default one, and those of the stack's functions. Each of the others is given one of `networks`, for as
 * long as it is there; where there are none, all share one.
 */
export const openNamespaces = (table: SharedTable, fixed: ReadonlySet<string>, networks: readonly string[]): Namespaces => {
  const read = (name: string, stored: unknown): Namespace | undefined =>
    namespaceBodySchema.safeParse(stored).data ?? (fixed.has(name) ? { name, annotations: {}, labels: {} } : undefined)
  const find = (name: string) => read(name, table.get(PREFIX + name))
  const get = (name: string): Namespace => {
    const found = find(name)
    if (!found) throw failure('NAMESPACE_NOT_FOUND', { namespace: name })
    return found
  }
  const networkOf = (name: string): string | null => networks.find((network) => table.get(NETWORK_PREFIX + network) === name) ?? null
  const takeNetwork = async (name: string): Promise<void> => {
    for (const network of networks) {
      await table.change(NETWORK_PREFIX + network, (taken) => taken ?? name)
      if (networkOf(name) !== null) return
    }
    if (networks.length > 0) throw failure('NETWORKS_TAKEN', { count: networks.length })
  }
  const giveBackNetwork = async (name: string): Promise<void> => {
    const network = networkOf(name)
    if (network !== null) await table.change(NETWORK_PREFIX + network, () => undefined)
  }
  return {
    get, networkOf,
    list: () => [...new Set([...fixed, ...table.keys(PREFIX).map((key) => key.slice(PREFIX.length))])].toSorted(),
    require: (name) => {
      if (!find(name)) throw failure('INVALID_FIELD', { field: 'namespace', reason: `there is no namespace ${name}` })
    },
    create: async (namespace) => {
      const { name } = namespace
      if (find(name)) throw failure('NAMESPACE_EXISTS', { namespace: name })
      await takeNetwork(name)
      await table.change(PREFIX + name, (stored) => {
        if (read(name, stored)) throw failure('NAMESPACE_EXISTS', { namespace: name })
        return namespace
      })
    },
    update: (namespace) => table.change(PREFIX + namespace.name, (stored) => {
      if (!read(namespace.name, stored)) throw failure('NAMESPACE_NOT_FOUND', { namespace: namespace.name })
      return namespace
    }),
    remove: async (name) => {
      get(name)
      if (fixed.has(name)) throw failure('NAMESPACE_IN_USE', { namespace: name, reason: 'it is the default one, or functions of stack.yml are in it' })
      await table.change(PREFIX + name, () => undefined)
      await giveBackNetwork(name)
    },
  }
}
