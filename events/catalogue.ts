import { z } from 'zod'
import { capacitySchemas, type CapacityEvent } from './capacity/events.ts'
import { deploymentHistory, deploymentSchemas, type DeploymentEvent } from './deployment/events.ts'
import type { DomainEvent } from './envelope.ts'
import { failure } from './errors.ts'
import { drainSchemas, type DrainEvent } from './drain/events.ts'
import { erasureSchemas, type ErasureEvent } from './erasure/events.ts'
import { instanceHistory, instanceSchemas, type InstanceEvent } from './instance/events.ts'
import { messageSchemas, type Message } from './messages.ts'
import { nodeSchemas, type NodeEvent } from './node/events.ts'
import { nameSchemas, type NameEvent } from './name/events.ts'
import { parkedSchemas, type ParkedEvent } from './parked/events.ts'
import { subscriptionSchemas, type SubscriptionEvent } from './subscription/events.ts'
import { sweepSchemas, type SweepEvent } from './sweep/events.ts'

export type PlaygroundEvent = CapacityEvent | DeploymentEvent | DrainEvent | ErasureEvent | InstanceEvent | NameEvent | NodeEvent | ParkedEvent | SubscriptionEvent | SweepEvent

/**
 * One published event type: its schemas oldest first (index 0 is version 1) and, between each and the next, an upcaster.
 * `category` is the stream category it belongs to, or `message` for what is not history.
 */
export type EventDefinition = {
  readonly category: 'deployment' | 'instance' | 'name' | 'node' | 'parked' | 'subscription' | 'erasure' | 'sweep' | 'drain' | 'capacity' | 'message'
  readonly versions: readonly [z.ZodType, ...z.ZodType[]]
  readonly upcasters: readonly ((older: never) => unknown)[]
}
export type Catalogue = Readonly<Record<string, EventDefinition>>

type Before = { readonly versions: readonly [z.ZodType, ...z.ZodType[]]; readonly upcasters: EventDefinition['upcasters'] }

const define = (category: EventDefinition['category'], schemas: Record<string, z.ZodType>, history: Readonly<Record<string, Before>> = {}): [string, EventDefinition][] =>
  Object.entries(schemas).map(([type, schema]) => {
    const before = history[type]
    return [type, { category, versions: before ? [...before.versions, schema] : [schema], upcasters: before?.upcasters ?? [] }]
  })

/** Every event and message this release publishes, by type. */
export const CATALOGUE_OF_EVENTS: Catalogue = Object.fromEntries([
  ...define('capacity', capacitySchemas),
  ...define('deployment', deploymentSchemas, deploymentHistory),
  ...define('drain', drainSchemas),
  ...define('erasure', erasureSchemas),
  ...define('instance', instanceSchemas, instanceHistory),
  ...define('name', nameSchemas),
  ...define('node', nodeSchemas),
  ...define('parked', parkedSchemas),
  ...define('subscription', subscriptionSchemas),
  ...define('sweep', sweepSchemas),
  ...define('message', messageSchemas),
])

/** The version that is written today. @throws UNKNOWN_EVENT */
export const currentVersion = (type: string, catalogue: Catalogue = CATALOGUE_OF_EVENTS): number => definition(type, 0, catalogue).versions.length

/**
 * Parses data on its way in (append, publish) against the newest schema. @throws UNKNOWN_EVENT, MALFORMED_EVENT
 */
export const parseEvent = <E extends DomainEvent = PlaygroundEvent | Message>(type: string, data: unknown, catalogue: Catalogue = CATALOGUE_OF_EVENTS): E =>
  readEvent<E>(type, currentVersion(type, catalogue), data, catalogue)

/**
 * Parses stored data of any published version and lifts it to the newest. @throws UNKNOWN_EVENT, MALFORMED_EVENT
 */
export const readEvent = <E extends DomainEvent = PlaygroundEvent | Message>(
  type: string, version: number, data: unknown, catalogue: Catalogue = CATALOGUE_OF_EVENTS,
): E => {
  const { versions, upcasters } = definition(type, version, catalogue)
  const schema = versions[version - 1]
  if (!schema) throw failure('UNKNOWN_EVENT', { type, version })
  const lifted = upcasters.slice(version - 1).reduce<unknown>((older, upcast) => upcast(older as never), parse(type, schema, data))
  return { type, data: version === versions.length ? lifted : parse(type, versions.at(-1) ?? schema, lifted) } as E
}

const definition = (type: string, version: number, catalogue: Catalogue): EventDefinition => {
  const found = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined
  if (!found) throw failure('UNKNOWN_EVENT', { type, version })
  return found
}

const parse = (type: string, schema: z.ZodType, data: unknown): unknown => {
  const result = schema.safeParse(data)
  if (!result.success) throw failure('MALFORMED_EVENT', { type, reason: z.prettifyError(result.error) })
  return result.data
}
