import { once } from 'node:events'
import { join } from 'node:path'
import { readConfig, secret } from '../config.ts'
import { announceReady, logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { announcer } from './announcer.ts'
import { closeGracefully } from './close-gracefully.ts'
import { imagesOfFolder } from './held-images.ts'
import { inProcessHost } from './in-process-host.ts'
import { openRegistry } from './registry.ts'
import { savedFunctions } from './saved-functions.ts'
import { createGateway } from './server.ts'
import { readStack } from './stack.ts'

/** Longest wait at the end for calls under way, milliseconds. */
const STOP_TIMEOUT_MS = 10_000

const log = logger('gateway')

const start = async () => {
  const config = readConfig()
  const host = inProcessHost(imagesOfFolder(join(import.meta.dirname, '../../functions')))
  const announce = announcer(connectNats(config, 'gateway'), log)
  const registry = await openRegistry({
    host, log, changed: announce.changed,
    stack: readStack(config.STACK_FILE, process.env),
    saved: savedFunctions(join(config.DATA_DIR, 'gateway', 'functions.json')),
  })
  const server = createGateway({
    registry, host, log,
    keys: { user: secret(config, 'basic-auth-user'), password: secret(config, 'basic-auth-password'), signingKey: secret(config, 'signing-key') },
    bodyLimitBytes: config.GATEWAY_BODY_LIMIT_BYTES,
    timeoutSeconds: config.FUNCTION_TIMEOUT_SECONDS,
    servedBy: config.NODE_NAME,
  })
  server.listen(config.GATEWAY_PORT, config.BIND_ADDRESS)
  await once(server, 'listening')
  announceReady(log)

  return async () => {
    await closeGracefully(server, STOP_TIMEOUT_MS)
    await announce.close()
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
