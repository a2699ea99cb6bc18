import type { NatsConnection } from '@nats-io/transport-node'
import type { Log } from '../log.ts'
import { onReconnect } from '../nats/connect.ts'
import { subject } from '../nats/subjects.ts'

/** Tells the dispatcher that functions changed. */
export type Announcer = {
  /** Never throws and never waits: who was not told finds out when the broker is back. */
  changed(): void
  close(): Promise<void>
}

/** Announces once more at each connection, for what changed while the broker was away. The gateway serves without it. */
export const announcer = (connecting: Promise<NatsConnection>, log: Log): Announcer => {
  let connection: NatsConnection | undefined
  const changed = () => {
    try {
      connection?.publish(subject.functionsChanged)
    } catch (error) {
      log.warn({ err: error }, 'a change of functions could not be announced')
    }
  }
  connecting.then(
    (connected) => {
      connection = connected
      onReconnect(connected, async () => changed())
      changed()
    },
    (error: unknown) => log.error({ err: error }, 'no connection to the broker: changes of functions are not announced'),
  )
  return {
    changed,
    close: async () => connection?.close(),
  }
}
