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
  /** @throws NAMESPACE_EXISTS */
  create(namespace: Namespace): Promise<void>
  /** @throws NAMESPACE_NOT_FOUND */
  update(namespace: Namespace): Promise<void>
  /** @throws NAMESPACE_NOT_FOUND, NAMESPACE_IN_USE for those of the stack; whether it is empty is the caller's question */
  remove(name: string): Promise<void>
}

const PREFIX = 'namespace.'

/** `fixed` are there always: the default one, and those of the stack's functions. */
export const openNamespaces = (table: SharedTable, fixed: ReadonlySet<string>): Namespaces => {
  const read = (name: string, stored: unknown): Namespace | undefined =>
    namespaceBodySchema.safeParse(stored).data ?? (fixed.has(name) ? { name, annotations: {}, labels: {} } : undefined)
  const find = (name: string) => read(name, table.get(PREFIX + name))
  const get = (name: string): Namespace => {
    const found = find(name)
    if (!found) throw failure('NAMESPACE_NOT_FOUND', { namespace: name })
    return found
  }
  return {
    get,
    list: () => [...new Set([...fixed, ...table.keys(PREFIX).map((key) => key.slice(PREFIX.length))])].toSorted(),
    require: (name) => {
      if (!find(name)) throw failure('INVALID_FIELD', { field: 'namespace', reason: `there is no namespace ${name}` })
    },
    create: (namespace) => table.change(PREFIX + namespace.name, (stored) => {
      if (read(namespace.name, stored)) throw failure('NAMESPACE_EXISTS', { namespace: namespace.name })
      return namespace
    }),
    update: (namespace) => table.change(PREFIX + namespace.name, (stored) => {
      if (!read(namespace.name, stored)) throw failure('NAMESPACE_NOT_FOUND', { namespace: namespace.name })
      return namespace
    }),
    remove: async (name) => {
      get(name)
      if (fixed.has(name)) throw failure('NAMESPACE_IN_USE', { namespace: name, reason: 'it is the default one, or functions of stack.yml are in it' })
      await table.change(PREFIX + name, () => undefined)
    },
  }
}
