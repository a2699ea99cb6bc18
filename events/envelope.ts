import { z } from 'zod'

/**
 * What travels with every event besides its data. `correlationId` is the same from the first request to the last
 * reaction; `causationId` is the id of the event (or request) that led to this one; `actor` is who asked: an owner,
 * or `function:<name>`. Never a secret.
 */
export const metadataSchema = z.strictObject({
  correlationId: z.string().min(1).max(200),
  causationId: z.string().min(1).max(200).optional(),
  actor: z.string().min(1).max(200),
  /** Hash of the request that made it, when that carried an Idempotency-Key: the same key with another body is refused. */
  requestHash: z.string().max(64).optional(),
  traceparent: z.string().max(100).optional(),
})
export type Metadata = Readonly<z.infer<typeof metadataSchema>>

/** An event as the domain knows it: a type in the past tense and its data. */
export type DomainEvent<T extends string = string, D = unknown> = { readonly type: T; readonly data: Readonly<D> }

/** An event on its way into the store. `id` makes an append idempotent: the same id is the same event. */
export type NewEvent<E extends DomainEvent = DomainEvent> = E & {
  readonly id: string
  readonly metadata: Metadata
}

/** A stream is one aggregate's history: `deployment.<id>`, `instance.<claim>`, `name.<name>`, `node.<node>`, `erasure.<deployment>-<id>`, `sweep.<deployment>`. */
export type StreamName = `${string}.${string}`

/**
 * An event as it was stored. `revision` counts from 0 within its stream. `position` is opaque and orders all events of
 * one store: compare positions only with `comparePositions` of the event store port. `at` is the store's clock, RFC 3339.
 */
export type RecordedEvent<E extends DomainEvent = DomainEvent> = NewEvent<E> & {
  readonly stream: StreamName
  readonly revision: number
  readonly position: string
  readonly at: string
  /** Schema version the event was written with, before upcasting. */
  readonly version: number
}

/** The id part of a stream name: `streamId('deployment.abc') === 'abc'`. */
export const streamId = (stream: StreamName): string => stream.slice(stream.indexOf('.') + 1)

/** The category part of a stream name: `streamCategory('deployment.abc') === 'deployment'`. */
export const streamCategory = (stream: StreamName): string => stream.slice(0, stream.indexOf('.'))
