import type { NatsConnection } from '@nats-io/transport-node'
import type { Metadata } from '../../../events/envelope.ts'
import * as decide from '../../../events/subscription/decide.ts'
import type { Subscription } from '../../../events/subscription/state.ts'
import type { Subscriptions } from '../../aggregates/subscriptions.ts'
import type { Subscription as Group } from '../../event-store/port.ts'
import { derivedId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { consumerGroup } from '../../nats/group.ts'
import { STREAM } from '../../nats/subjects.ts'
import { HEADER } from '../../nats/wire.ts'
import type { Outbound } from '../../outbound/port.ts'
import type { Notes } from '../../subscriptions/notes.ts'
import { groupOf, type Note } from '../../subscriptions/port.ts'
import { parseTopics } from '../topics.ts'
import { openHealth } from './health.ts'
import { endpointReaction } from './reaction.ts'

export type EndpointOptions = {
  readonly connection: NatsConnection
  readonly subscription: Subscription
  /** Of the event that created it. */
  readonly position: string
  readonly subscriptions: Subscriptions
  readonly notes: Notes
  readonly outbound: Outbound
  readonly signingKey: string
  readonly replicas: number
  readonly log: Log
}

/** Aggregates of one subscription handled at the same time: its own, so that a slow endpoint takes nothing from functions or others. */
const CONCURRENCY = 8

/** Opens the group of an active subscription, as it is at this revision. Without a position yet, it begins behind its own creation. */
export const openEndpoint = async (options: EndpointOptions): Promise<Group> => {
  const { connection, subscription, position, notes, log, ...others } = options
  const { subscriptionId, topics, types } = subscription
  const health = openHealth()
  let note = sinceChange(await notes.read(subscriptionId), subscription)
  const kept = { get: () => note, set: (next: Note) => notes.write(subscriptionId, (note = next)) }
  const heard = types && new Set<string | undefined>([...types, NO_TYPE])
  const group = await consumerGroup(connection, {
    stream: STREAM.events,
    group: groupOf(subscriptionId),
    subjects: parseTopics(topics.join(',')).subjects.get(STREAM.events) ?? [],
    ...(heard ? { accept: (message) => heard.has(message.header(HEADER.type)) } : {}),
    concurrency: CONCURRENCY,
    from: subscription.from === 'start' ? 'start' : Number(position) + 1,
    replicas: options.replicas,
    log,
  }, endpointReaction({ ...others, subscription, health, note: kept, pause: (reason, cause) => pause(options, reason, cause), log }))
  log.info({ subscriptionId, topics, types: types ?? undefined }, 'subscribed')
  return {
    close: async () => {
      health.close() // who waits for a turn lets go
      await group.close()
    },
  }
}

/** What is no event has no type: heard by all, so that it is parked and not passed over. */
const NO_TYPE = undefined

type Cause = { readonly id: string; readonly metadata: Metadata }

/** Unless it was changed or resumed meanwhile: new terms deserve a try of their own. */
const pause = ({ subscription: { subscriptionId, revision }, subscriptions }: EndpointOptions, reason: 'gone' | 'failing', { id, metadata }: Cause): Promise<void> => {
  const cause = derivedId('pause', subscriptionId, String(revision), id)
  const { correlationId, traceparent } = metadata
  return subscriptions.change(
    subscriptionId,
    (loaded) => (loaded.subscription.revision === revision ? decide.pause(reason, new Date().toISOString(), loaded.subscription) : []),
    cause, { correlationId, causationId: id, actor: 'dispatcher', ...(traceparent === undefined ? {} : { traceparent }) },
  )
}

/** Days of failing count from the last change on. */
const sinceChange = (note: Note, { changedAt }: Subscription): Note =>
  note.failingSince !== null && note.failingSince < changedAt ? { ...note, failingSince: null } : note
