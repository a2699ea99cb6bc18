import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, secret } from '../config.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import { ensureBucket } from './bucket.ts'
import { connectRoot } from './root.ts'
import { serveCredentials } from './service.ts'

const RETRY_MS = 500

const config = readConfig()
const log = logger('credentials', config.LOG_LEVEL)
const root = connectRoot({
  endpoint: config.OBJECT_STORE_URL.replace(/\/$/, ''), region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
  user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
})

let ending = false
const untilItAnswers = async (): Promise<void> => {
  while (!ending) {
    try {
      return await ensureBucket(root)
    } catch (error) {
      log.warn({ reason: String(error) }, 'the object store does not answer yet')
      await sleep(RETRY_MS)
    }
  }
}

const connection = await connectNats(config, 'credentials')
const end = async (): Promise<void> => {
  ending = true
  // what was asked is answered, then the process has nothing left to do
  await connection.drain()
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end())

await untilItAnswers()
if (!ending) {
  serveCredentials(connection, root, log)
  log.info({ ready: true }, 'ready')
}
