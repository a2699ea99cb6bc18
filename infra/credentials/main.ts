import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { announceReady, logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureBucket } from './bucket.ts'
import { connectRoot } from './root.ts'
import { serveCredentials } from './service.ts'

/** Longest time to answer what was asked before the end, milliseconds. */
const STOP_MS = 3_000

const config = readConfig()
const log = logger('credentials', config.LOG_LEVEL)
const root = connectRoot({
  endpoint: config.OBJECT_STORE_URL.replace(/\/$/, ''), region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
  user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
})

const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the minting service cannot go on')
  process.exit(1)
}
const ending = new AbortController()
let stop = async (): Promise<void> => {} // until there is something to stop
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    ending.abort()
    void Promise.race([stop(), sleep(STOP_MS)]).then(() => process.exit(0), fail)
  })
}

const connection = await connectNats(config, 'credentials')
void connection.closed().then((error) => (error ? fail(error) : undefined))
stop = () => connection.drain()
await ensureBucket(root, log, ending.signal)
if (!ending.signal.aborted) {
  serveCredentials(connection, { root, deploymentsKey: secret(config, 'deployments-key'), sweepGraceMs: config.SWEEP_GRACE_SECONDS * 1_000 }, log)
  openMetrics(connection, 'credentials', config.PART_NAME || 'credentials', log)
  announceReady(log)
}
