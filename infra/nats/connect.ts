import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { secret, type Config } from '../config.ts'
import { logger, type Log } from '../log.ts'
import { brokerPartNamed, inboxOf, passwordName } from './parts.ts'

export type NatsCredentials = { readonly user: string; readonly password: string }

/**
 * A connection that is named in the broker's monitoring, waits for the broker at the start and reconnects for ever. User and
 * password are the given ones; else, by the secrets that are there, those of the part of that name, or `nats-user` and
 * `nats-password`, the operator's; else none.
 */
export const connectNats = async (
  config: Pick<Config, 'NATS_URL' | 'SECRETS_DIR'> & Partial<Pick<Config, 'PART_NAME'>>, name: string, credentials: NatsCredentials | undefined = fromSecrets(config, name),
): Promise<NatsConnection> =>
  await connect({
    servers: config.NATS_URL.split(',').map((url) => url.trim()),
    name: config.PART_NAME && config.PART_NAME !== name ? `${config.PART_NAME}: ${name}` : name, // of several alike, which
    ...(credentials ? { user: credentials.user, pass: credentials.password, inboxPrefix: inboxOf(credentials.user) } : {}),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 50,
    // a broker behind a partition is noticed within 3 x 5 s even when nothing is sent
    pingInterval: 5_000,
    maxPingOut: 2,
    // a stack trace for each request costs a tenth of a durable append
    noAsyncTraces: true,
  })

/** Runs `action` after every reconnect, for as long as the connection lives; a failure is logged and tried again. */
export const onReconnect = (nc: NatsConnection, action: () => Promise<unknown>): void => {
  const log = logger('nats')
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type !== 'reconnect') continue
      while (!nc.isClosed() && !(await done(action, log))) await sleep(200)
    }
  })()
}

const done = async (action: () => Promise<unknown>, log: Log): Promise<boolean> => {
  try {
    await action()
    return true
  } catch (error) {
    log.warn({ err: error }, 'failed after a reconnect; trying again')
    return false
  }
}

const fromSecrets = (config: Pick<Config, 'SECRETS_DIR'>, name: string): NatsCredentials | undefined => {
  const isThere = (file: string): boolean => existsSync(join(config.SECRETS_DIR, file))
  const part = brokerPartNamed(name)
  if (part !== null && isThere(passwordName(part))) return { user: part, password: secret(config, passwordName(part)) }
  return isThere('nats-user') ? { user: secret(config, 'nats-user'), password: secret(config, 'nats-password') } : undefined
}
