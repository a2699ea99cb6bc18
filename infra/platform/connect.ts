import type { NatsConnection } from '@nats-io/transport-node'
import { failure } from '../../events/errors.ts'
import { natsAgents } from '../agent/client.ts'
import { deploymentsOf } from '../aggregates/deployments.ts'
import { instancesOf } from '../aggregates/instances.ts'
import { publicUrl, readConfig, secret, type Config } from '../config.ts'
import { natsClients, natsStorage } from '../credentials/client.ts'
import { roomOn } from '../disk/room.ts'
import { natsEdges } from '../edge/nats-edges.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { withReserve } from '../event-store/reserve.ts'
import { natsHits } from '../hits/jetstream.ts'
import { natsPayloads } from '../letters/jetstream.ts'
import { logger } from '../log.ts'
import { meteredStore } from '../metrics/store.ts'
import { connectNats } from '../nats/connect.ts'
import { keepStreams } from '../nats/streams.ts'
import { openOutbound, outboundOptions } from '../outbound/client.ts'
import { connectPostgres } from '../postgres/connect.ts'
import { natsRoutes } from '../routes/nats.ts'
import { natsSubscribers } from '../subscriptions/jetstream.ts'
import { jetStreamTimers } from '../timers/jetstream.ts'
import { TOKEN_PATH } from '../token-path.ts'
import { tracedStore } from '../tracing/store.ts'
import { issuerUrls } from './issuer-url.ts'
import type { Platform, PlatformSettings } from './port.ts'

type Connected = { readonly platform: Platform; close(): Promise<void> }
let connected: Promise<Connected> | undefined
const listeners: ((connection: NatsConnection) => void)[] = []

/** Longest time a call waits for the first connection; the connecting itself goes on. */
const PATIENCE_MS = 5_000
/** Longest wait for an address of somebody else's while a person waits for the answer. */
const OUTBOUND_MS = 10_000

/**
 * The platform of this process, from its environment: connected at the first call, shared by all functions in the process.
 * @throws STORE_UNAVAILABLE while the broker is away
 */
export const platform = (): Promise<Platform> => {
  connected ??= connectPlatform(readConfig()).catch((error: unknown) => {
    connected = undefined // the next call tries again
    throw error
  })
  return withPatience(connected.then((ready) => ready.platform))
}

/** Hears of the connection to the broker when it is there; before the first call. */
export const onPlatform = (listener: (connection: NatsConnection) => void): void => void listeners.push(listener)

/** For the end of the process, when no call is under way: gives back every connection there is. */
export const closePlatform = async (): Promise<void> => {
  const ready = await connected?.catch(() => undefined) // one that never came needs no end
  await ready?.close()
}

const withPatience = async <T>(wanted: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure('STORE_UNAVAILABLE', { reason: `no connection within ${PATIENCE_MS} ms`, retryAfterSeconds: 1 })), PATIENCE_MS)
  })
  return Promise.race([wanted, late]).finally(() => clearTimeout(timer))
}

const connectPlatform = async (config: Config): Promise<Connected> => {
  const log = logger('functions', config.LOG_LEVEL)
  const nc = await connectNats(config, 'functions')
  await keepStreams(nc, { replicas: config.NATS_REPLICAS })
  for (const listener of listeners) listener(nc)
  const room = roomOn(config.DATA_DIR, config.DISK_RESERVE_MB)
  const store = tracedStore(meteredStore(withReserve(await jetStreamEventStore({ nc, replicas: config.NATS_REPLICAS }), room)))
  const postgres = connectPostgres(config, log)
  const platform: Platform = {
    store,
    deployments: deploymentsOf(store),
    instances: instancesOf(store),
    agents: await natsAgents(nc),
    edges: await natsEdges(nc),
    routes: natsRoutes(nc, { replicas: config.NATS_REPLICAS }),
    timers: await jetStreamTimers(nc, room),
    hits: await natsHits(nc),
    storage: natsStorage(nc),
    clients: natsClients(nc),
    payloads: await natsPayloads(nc),
    subscribers: await natsSubscribers({
      connection: nc, replicas: config.NATS_REPLICAS, signingKey: secret(config, 'signing-key'),
      outbound: openOutbound({ ...outboundOptions(config), totalMs: OUTBOUND_MS }),
    }),
    readModels: postgres.db,
    clock: () => new Date(),
    log,
    settings: settingsOf(config),
  }
  return { platform, close: async () => void await Promise.all([nc.drain(), postgres.close()]) }
}

const settingsOf = (config: Config, urlOf = (name: string): string => publicUrl(config, `${name}.${config.DEPLOYMENTS_DOMAIN}`)): PlatformSettings => ({
  operatorToken: secret(config, 'operator-token'),
  urlOf,
  tokenUrlOf: (name) => `${urlOf(name)}${TOKEN_PATH}`,
  trustsUrl: issuerUrls(config),
  defaults: { pauseAfterSeconds: config.PAUSE_AFTER_SECONDS, hibernateAfterSeconds: config.HIBERNATE_AFTER_SECONDS },
  heal: {
    everyMs: config.HEAL_EVERY_SECONDS * 1_000, leaseMs: config.LEASE_SECONDS * 1_000,
    movesPerSweep: config.HEAL_MOVES_PER_SWEEP, movesPerMinute: config.HEAL_MOVES_PER_MINUTE,
    crashes: config.HEAL_CRASHES, crashWindowMs: config.HEAL_CRASH_WINDOW_SECONDS * 1_000,
  },
  moves: { patienceMs: config.MOVE_PATIENCE_SECONDS * 1_000, atOnce: config.MOVES_AT_ONCE },
  sweepEveryMs: config.SWEEP_EVERY_SECONDS * 1_000,
})
