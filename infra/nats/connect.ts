import { connect, type NatsConnection } from '@nats-io/transport-node'
import { secret, type Config } from '../config.ts'

/**
 * A connection to the broker that waits for it at first and reconnects for ever after; what was lost with a broker's memory,
 * whoever needs it ensures again at each reconnect (`connection.status()`).
 */
export const connectNats = (config: Pick<Config, 'NATS_URL' | 'SECRETS_DIR'>, part: string): Promise<NatsConnection> =>
  connect({
    servers: config.NATS_URL.split(',').map((url) => url.trim()),
    user: secret(config, 'nats-user'), pass: secret(config, 'nats-password'),
    name: part, waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 250, reconnectJitter: 100,
  })
