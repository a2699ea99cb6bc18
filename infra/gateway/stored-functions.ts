import { createHash } from 'node:crypto'
import { z } from 'zod'
import { functionSpecSchema, NAMESPACE, type FunctionSpec } from './function-spec.ts'
import { pinnedSchema, type Pinned } from './host.ts'
import type { SharedTable } from './shared-table.ts'

/**
 * A function as it was changed by REST; one of the stack only as long as its entry in stack.yml is the one it was changed from
 * (`stack`: that entry's hash), so that a changed stack wins.
 */
const recordSchema = z.union([
  z.strictObject({
    spec: functionSpecSchema, createdAt: z.string(), replicas: z.number().int().min(0), stack: z.string().nullable(),
    // absent from what was stored before there was a second host
    image: pinnedSchema.optional(), deployedAt: z.string().optional(),
  }),
  z.strictObject({ removed: z.literal(true), stack: z.string() }),
])
type Record = z.output<typeof recordSchema>

export type Wanted = {
  readonly spec: FunctionSpec
  /** As it was found when the function was deployed: every gateway runs the same. */
  readonly image: Pinned
  /** RFC 3339. */
  readonly createdAt: string
  /** When somebody last said what it is to be, RFC 3339. */
  readonly deployedAt: string
  /** Replicas somebody asked for; 0: asleep until it is called. */
  readonly replicas: number
}

/** Which functions there should be: the stack, and what was changed since by any gateway. */
export type StoredFunctions = {
  wanted(id: string): Wanted | undefined
  /** The same, asked of the broker. @throws STORE_UNAVAILABLE */
  ask(id: string): Promise<Wanted | undefined>
  /** Asks `decide` for what is wanted from now on, undefined for none. Errors as `SharedTable.change`. */
  change(id: string, decide: (current: Wanted | undefined) => Wanted | undefined): Promise<void>
  onChange(listener: (id: string) => unknown): void
  isLoaded(): boolean
}

const PREFIX = 'function.'
const keyOf = (id: string): string => PREFIX + id

/** `stack` by id. */
export const storedFunctions = (table: SharedTable, stack: ReadonlyMap<string, FunctionSpec>): StoredFunctions => {
  const createdAt = new Date().toISOString()
  const hashes = new Map([...stack].map(([id, spec]) => [id, hashOf(spec)]))
  const effective = (id: string, stored: unknown): Wanted | undefined => {
    const spec = stack.get(id)
    const record = recordSchema.safeParse(stored).data
    if (record && (!spec || record.stack === hashes.get(id))) return 'removed' in record ? undefined : { spec: record.spec, image: record.image ?? { reference: record.spec.image }, createdAt: record.createdAt, deployedAt: record.deployedAt ?? record.createdAt, replicas: record.replicas }
    return spec && { spec, image: { reference: spec.image }, createdAt, deployedAt: createdAt, replicas: 1 }
  }
  const recordOf = (id: string, wanted: Wanted | undefined): Record | undefined => {
    const hash = hashes.get(id)
    if (wanted) return { spec: wanted.spec, image: wanted.image, createdAt: wanted.createdAt, deployedAt: wanted.deployedAt, replicas: wanted.replicas, stack: hash ?? null }
    return hash === undefined ? undefined : { removed: true, stack: hash }
  }
  return {
    wanted: (id) => effective(id, table.get(keyOf(id))),
    ask: async (id) => effective(id, await table.ask(keyOf(id))),
    change: (id, decide) => table.change(keyOf(id), (stored) => recordOf(id, decide(effective(id, stored)))),
    onChange: (listener) => table.onChange((key) => (key.startsWith(PREFIX) ? listener(key.slice(PREFIX.length)) : undefined)),
    isLoaded: table.isLoaded,
  }
}

const hashOf = (spec: FunctionSpec): string => createHash('sha256').update(JSON.stringify(spec)).digest('base64url').slice(0, 22)

/** Namespaces that functions of the stack are in exist by that. */
export const namespacesOf = (stack: Iterable<FunctionSpec>): ReadonlySet<string> => new Set([NAMESPACE, ...[...stack].map(({ namespace }) => namespace)])
