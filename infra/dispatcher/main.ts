import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { startDispatcher } from './dispatcher.ts'

/** Longest time to finish what is under way when asked to end; what is left is delivered again after the next start. */
const STOP_MS = 8_000
/** The gateway ends a function at its limit and says so; only a gateway that says nothing is given up, a little later. */
const GRACE_MS = 2_000

const config = readConfig()
const log = logger('dispatcher', config.LOG_LEVEL)
const connection = await connectNats(config, 'dispatcher')
const dispatcher = startDispatcher({
  connection,
  gateway: { url: `http://${config.BIND_ADDRESS}:${config.GATEWAY_PORT}`, user: secret(config, 'basic-auth-user'), password: secret(config, 'basic-auth-password') },
  signingKey: secret(config, 'signing-key'),
  timeoutMs: config.FUNCTION_TIMEOUT_SECONDS * 1_000 + GRACE_MS,
  replicas: config.NATS_REPLICAS,
  log,
})

const stop = async (): Promise<void> => {
  const finished = dispatcher.close().then(() => connection.drain()).then(() => true)
  if (!(await Promise.race([finished, sleep(STOP_MS, false)]))) log.warn({ afterMs: STOP_MS }, 'ended with deliveries under way')
  process.exit(0)
}
const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the dispatcher cannot go on')
  process.exit(1)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop().catch(fail))
void connection.closed().then((error) => (error ? fail(error) : undefined))

await dispatcher.ready
log.info({ ready: true }, 'ready')
