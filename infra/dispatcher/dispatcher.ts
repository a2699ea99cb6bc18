import type { NatsConnection } from '@nats-io/transport-node'
import type { Subscription } from '../event-store/port.ts'
import type { Log } from '../log.ts'
import { onReconnect } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { subject } from '../nats/subjects.ts'
import { openDelivery } from './deliver.ts'
import { keepLooking, listFunctions, type Gateway } from './functions.ts'
import { askInTurn, takeTurns } from './gateways.ts'
import { jetstreamGroups } from './groups.ts'
import { openParking } from './parking.ts'
import { functionReceiver, type Receiver } from './receiver.ts'
import { DEFAULTS, toSubscriber, type ListedFunction } from './subscriber.ts'
import { subscriptions } from './subscriptions.ts'

export type DispatcherOptions = {
  readonly connection: NatsConnection
  /** Any of them: each holds all functions. */
  readonly gateways: readonly string[]
  readonly credentials: Pick<Gateway, 'user' | 'password'>
  readonly signingKey: string
  /** Longest wait for a function's answer, milliseconds. */
  readonly timeoutMs: number
  readonly replicas: number
  readonly log: Log
  /** Who takes the events of groups that are no function's, when they are redriven; null for any other. */
  readonly others?: (group: string) => Receiver | null
  /** How often the functions are read anyway, milliseconds. 30 s by default. */
  readonly lookEveryMs?: number
  /** How long a removed function must stay away until its position is forgotten, milliseconds. A minute by default. */
  readonly graceMs?: number
}

export type Dispatcher = {
  /** Resolves when the gateway's functions are subscribed for the first time. */
  readonly ready: Promise<void>
  /** Stops hearing, lets deliveries under way finish (bounded by the groups), keeps all positions. */
  close(): Promise<void>
}

/**
 * Delivers events, hits and timers to the functions that subscribe to them: signed CloudEvents by HTTP through the gateway, at
 * least once, in order per aggregate, parallel across. Reads the functions again whenever they, or the broker, may have changed.
 */
export const startDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { connection, credentials, log } = options
  const gateways = takeTurns(options.gateways)
  const delivery = openDelivery({ gateways, signingKey: options.signingKey, timeoutMs: options.timeoutMs })
  const subscribed = subscriptions(jetstreamGroups(connection, delivery.deliver, options.replicas, log), options.graceMs ?? 60_000, log)
  let listed: readonly ListedFunction[] = []
  let parking: Subscription | undefined
  const receiverOf = (group: string): Receiver => {
    const found = listed.find(({ name }) => name === group)
    const maxAttempts = (found && toSubscriber(found).subscriber?.maxAttempts) ?? DEFAULTS.maxAttempts
    return options.others?.(group) ?? functionReceiver(group, delivery.deliver, maxAttempts)
  }
  const lookOnce = async () => {
    listed = await askInTurn(gateways, (url) => listFunctions({ url, ...credentials }, log))
    await ensureStreams(connection, { replicas: options.replicas }) // those in memory went with their broker
    await subscribed.follow(listed)
    parking ??= await openParking({ connection, replicas: options.replicas, receiverOf, log })
  }
  const looking = keepLooking(lookOnce, options.lookEveryMs ?? 30_000, log)
  const changes = connection.subscribe(subject.functionsChanged, { callback: looking.look })
  onReconnect(connection, async () => looking.look())

  return {
    ready: looking.first,
    close: async () => {
      changes.unsubscribe()
      await looking.close()
      await Promise.all([subscribed.close(), parking?.close()])
      delivery.close()
    },
  }
}
