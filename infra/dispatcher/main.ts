import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { announceReady, logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { connectNats } from '../nats/connect.ts'
import { openOutbound, outboundOptions } from '../outbound/client.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing } from '../tracing/span.ts'
import { startDispatcher } from './dispatcher.ts'
import { startEndpoints } from './endpoints/endpoints.ts'
import { gatewayUrls } from './gateways.ts'

/** Longest time to finish what is under way when asked to end, milliseconds; the rest is delivered again after the next start. */
const STOP_MS = 8_000
/** The gateway ends a function at its limit and says so; only a gateway that says nothing is given up, this much later. */
const GRACE_MS = 2_000

const config = readConfig()
const log = logger('dispatcher', config.LOG_LEVEL)

const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the dispatcher cannot go on')
  process.exit(1)
}
let stop = async (): Promise<void> => {} // until there is something to stop
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.race([stop(), sleep(STOP_MS)]).then(() => process.exit(0), fail))
}

await openTracing('dispatcher', config.PART_NAME || 'dispatcher', log)
const connection = await connectNats(config, 'dispatcher')
void connection.closed().then((error) => (error ? fail(error) : undefined))
openMetrics(connection, 'dispatcher', config.PART_NAME || 'dispatcher', log)
const outbound = openOutbound(outboundOptions(config))
const endpoints = startEndpoints({ connection, outbound, signingKey: secret(config, 'signing-key'), replicas: config.NATS_REPLICAS, log })
const dispatcher = startDispatcher({
  connection,
  gateways: gatewayUrls(config),
  credentials: { user: secret(config, 'basic-auth-user'), password: secret(config, 'basic-auth-password') },
  signingKey: secret(config, 'signing-key'),
  timeoutMs: config.FUNCTION_TIMEOUT_SECONDS * 1_000 + GRACE_MS,
  replicas: config.NATS_REPLICAS,
  log,
  others: (group) => endpoints.receiverOf(group),
})
stop = async () => {
  await Promise.all([dispatcher.close(), endpoints.close()])
  outbound.close()
  await connection.drain()
  await endTracing()
}
await dispatcher.ready
announceReady(log)
