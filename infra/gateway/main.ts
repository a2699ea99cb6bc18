import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret, type Config } from '../config.ts'
import { roomOn } from '../disk/room.ts'
import { announceReady, logger } from '../log.ts'
import { measureProcess } from '../metrics/registry.ts'
import { connectNats } from '../nats/connect.ts'
import { openOutbound, outboundOptions } from '../outbound/client.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing } from '../tracing/span.ts'
import { closeGracefully } from './close-gracefully.ts'
import { functionLogs } from './function-logs.ts'
import { imagesOfFolder } from './held-images.ts'
import type { FunctionHost } from './host.ts'
import { inProcessHost } from './in-process-host.ts'
import { openGateway } from './open.ts'
import { secretFiles } from './secret-files.ts'
import { readStack } from './stack.ts'
import { openSwarmHost } from './swarm/open.ts'

/** Longest wait at the end for calls under way, milliseconds. */
const STOP_TIMEOUT_MS = 10_000
/** Longest wait at the start for what was deployed earlier, milliseconds: without the broker the stack is served. */
const LOAD_TIMEOUT_MS = 3_000

const log = logger('gateway')

const inProcess = (config: Config, instance: string): FunctionHost =>
  inProcessHost(imagesOfFolder(join(import.meta.dirname, '../../functions'), config.IMAGE_PREFIX), functionLogs(instance), secretFiles(resolve(config.DATA_DIR, 'gateway', 'secrets')))

const start = async () => {
  const config = readConfig()
  const instance = config.PART_NAME || 'gateway'
  const isSwarm = config.FUNCTION_HOST === 'swarm'
  await openTracing('gateway', instance, log)
  measureProcess()
  const connecting = connectNats(config, 'gateway')
  connecting.catch((error: unknown) => log.error({ err: error }, 'no connection to the broker: only the stack is served'))
  const gateway = await openGateway({
    host: isSwarm ? openSwarmHost(config, log) : inProcess(config, instance),
    namespaceNetworks: isSwarm ? config.NAMESPACE_NETWORKS.split(',').map((name) => name.trim()).filter(Boolean) : [],
    stack: isSwarm ? [] : readStack(config.STACK_FILE, process.env),
    keys: { user: secret(config, 'basic-auth-user'), password: secret(config, 'basic-auth-password'), signingKey: secret(config, 'signing-key') },
    instance,
    servedBy: config.NODE_NAME,
    bodyLimitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
    timeoutSeconds: config.FUNCTION_TIMEOUT_SECONDS,
    replicas: config.NATS_REPLICAS,
    room: roomOn(config.DATA_DIR, config.DISK_RESERVE_MB),
    outbound: openOutbound(outboundOptions(config)),
    connecting, log,
  })
  await Promise.race([gateway.loaded, sleep(LOAD_TIMEOUT_MS, undefined, { ref: false })])
  gateway.server.listen(config.GATEWAY_PORT, config.BIND_ADDRESS)
  await once(gateway.server, 'listening')
  announceReady(log)

  return async () => {
    await Promise.all([closeGracefully(gateway.server, STOP_TIMEOUT_MS), gateway.drain()])
    await gateway.close()
    await endTracing()
  }
}

try {
  const stop = await start()
  const end = () => void stop().then(() => process.exit(0), (error: unknown) => {
    log.error({ err: error }, 'stopping failed')
    process.exit(1)
  })
  process.once('SIGTERM', end).once('SIGINT', end)
} catch (error) {
  log.fatal({ err: error }, 'the gateway cannot start')
  process.exit(1)
}
