import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { subscriptionsOf, type Subscriptions } from '../../aggregates/subscriptions.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import type { Log } from '../../log.ts'
import { meteredStore } from '../../metrics/store.ts'
import { tracedStore } from '../../tracing/store.ts'
import { forgetGroup } from '../../nats/durable.ts'
import { ensureStreams } from '../../nats/streams.ts'
import { STREAM } from '../../nats/subjects.ts'
import type { Outbound } from '../../outbound/port.ts'
import { openNotes, type Notes } from '../../subscriptions/notes.ts'
import { groupOf, subscriptionIn } from '../../subscriptions/port.ts'
import { keepLooking } from '../functions.ts'
import type { Receiver } from '../receiver.ts'
import { openEndpoint } from './endpoint.ts'
import { knownSubscriptions, type Known } from './known.ts'
import { endpointReceiver } from './receiver.ts'

export type EndpointsOptions = {
  readonly connection: NatsConnection
  readonly outbound: Outbound
  readonly signingKey: string
  readonly replicas: number
  readonly log: Log
  /** How often subscriptions are read anyway, milliseconds. 30 s by default. */
  readonly lookEveryMs?: number
  /** How long after its deletion a subscription's position is forgotten, milliseconds. 20 s by default. */
  readonly graceMs?: number
}

export type Endpoints = {
  /** Resolves when all subscriptions are heard for the first time. */
  readonly ready: Promise<void>
  /** Takes what is redriven to a subscription; null for a group that is none's. */
  receiverOf(group: string): Receiver | null
  close(): Promise<void>
}

/**
 * HTTP endpoints of other services as subscribers: a durable consumer `sub-<id>` for each active subscription, at least once, in
 * order per aggregate. Any event of a subscription opens its group anew at the same position: what waits for a late attempt is tried at
 * once after a change or a resume. A paused one keeps its position, a deleted one loses it.
 */
export const startEndpoints = (options: EndpointsOptions): Endpoints => {
  const { connection, replicas, log } = options
  const open = new Map<string, { readonly revision: number; close(): Promise<void> }>()
  const forgotten = new Set<string>()
  const closing = new AbortController()
  let parts: Parts | undefined
  let following: Promise<void> | undefined

  const settle = async (id: string, { subscription, position }: Known, { subscriptions, notes }: Parts, consumers: ReadonlySet<string>): Promise<void> => {
    const before = open.get(id)
    if (before?.revision === subscription.revision) return
    if (before) {
      open.delete(id)
      await before.close()
    }
    if (subscription.status === 'active') {
      open.set(id, { revision: subscription.revision, ...(await openEndpoint({ ...options, subscription, position, subscriptions, notes })) })
    }
    // a while later: another dispatcher that still reads would make the consumer anew
    const isOver = subscription.status === 'deleted' && Date.now() - Date.parse(subscription.changedAt) >= (options.graceMs ?? 20_000)
    if (!isOver || forgotten.has(id)) return
    if (consumers.has(groupOf(id))) await forget(connection, id, notes)
    forgotten.add(id)
  }

  const lookOnce = async (): Promise<void> => {
    await ensureStreams(connection, { replicas })
    const { known, ...others } = (parts ??= await openParts(options))
    following ??= followed(() => known.follow(looking.look, closing.signal), closing.signal, log)
    const all = await known.read()
    const hasDeleted = [...all].some(([id, { subscription }]) => subscription.status === 'deleted' && !forgotten.has(id))
    const consumers = hasDeleted ? await consumersOf(connection) : new Set<string>()
    const results = await Promise.allSettled([...all].map(([id, each]) => settle(id, each, { known, ...others }, consumers)))
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '))
  }
  const looking = keepLooking(lookOnce, options.lookEveryMs ?? 30_000, log.child({ of: 'subscriptions' }))

  return {
    ready: looking.first,
    receiverOf: (group) => {
      const id = subscriptionIn(group)
      if (id === null) return null
      return parts ? endpointReceiver(id, { ...options, ...parts }) : async () => ({ verdict: 'retry', delayMs: 500, counted: false, reason: 'the subscriptions are not read yet' })
    },
    close: async () => {
      closing.abort()
      await Promise.all([looking.close(), following])
      await Promise.all([...open.values()].map((each) => each.close()))
      await parts?.notes.close()
    },
  }
}

type Parts = { readonly known: ReturnType<typeof knownSubscriptions>; readonly subscriptions: Subscriptions; readonly notes: Notes }

const openParts = async ({ connection, replicas, log }: EndpointsOptions): Promise<Parts> => {
  const store = tracedStore(meteredStore(await jetStreamEventStore({ nc: connection, replicas })))
  return { known: knownSubscriptions(store, log), subscriptions: subscriptionsOf(store), notes: await openNotes(connection, replicas, log) }
}

const forget = async (connection: NatsConnection, subscriptionId: string, notes: Notes): Promise<void> => {
  await forgetGroup(connection, STREAM.events, groupOf(subscriptionId))
  await notes.forget(subscriptionId)
}

const consumersOf = async (connection: NatsConnection): Promise<ReadonlySet<string>> => {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const names = new Set<string>()
  for await (const { name } of manager.consumers.list(STREAM.events)) if (subscriptionIn(name) !== null) names.add(name)
  return names
}

/** Follows on after failures, until it is told to end. */
const followed = async (follow: () => Promise<void>, signal: AbortSignal, log: Log): Promise<void> => {
  while (!signal.aborted) {
    try {
      await follow()
    } catch (error) {
      log.warn({ err: error }, 'subscriptions cannot be followed yet; trying on')
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
