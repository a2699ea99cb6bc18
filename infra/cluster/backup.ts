import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { openPartial } from '../backup/partial.ts'
import { showProgress, size } from '../backup/progress.ts'
import { takeBackup } from '../backup/take.ts'
import { publicUrl, readConfig, secret } from '../config.ts'
import { connectRoot } from '../credentials/root.ts'
import { connectNats } from '../nats/connect.ts'
import { STACK } from './environment.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { openTunnel } from './tunnel.ts'

/** Copies events, records and what is queued into a new folder while the cluster serves, as `npm run backup` does of one machine. */
export const backup = async (folder: OperatorFolder, to: string, ended: AbortSignal): Promise<void> => {
  const broker = await openTunnel(`${STACK}_credentials`, 'nats', 4222)
  const objects = await openTunnel(`${STACK}_credentials`, 'object-store', 9000)
  const { PLATFORM_HOST, DEPLOYMENTS_DOMAIN, PUBLIC_SCHEME, HTTP_PORT, PUBLIC_PORT } = folder.settings
  const config = readConfig({
    SECRETS_DIR: folder.secrets, NATS_URL: `nats://127.0.0.1:${broker.port}`, NATS_REPLICAS: '3', PLATFORM_HOST, DEPLOYMENTS_DOMAIN, PUBLIC_SCHEME,
    PUBLIC_PORT: String(PUBLIC_PORT || HTTP_PORT), OBJECT_STORE_URL: `http://127.0.0.1:${objects.port}`,
  })
  const partial = openPartial(resolve(to))
  const progress = showProgress()
  const discard = () => {
    partial.discard()
    process.exit(1)
  }
  ended.addEventListener('abort', discard)
  const connection = await connectNats(config, 'backup')
  try {
    const root = connectRoot({
      endpoint: config.OBJECT_STORE_URL, region: config.OBJECT_STORE_REGION, bucket: config.OBJECT_STORE_BUCKET,
      user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password'),
    })
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')))
    const { files, startedAt } = await takeBackup({ connection, root, config, release: version, address: publicUrl(config, `<name>.${DEPLOYMENTS_DOMAIN}`) }, partial.folder, true, progress)
    ended.removeEventListener('abort', discard)
    await partial.complete()
    progress.say(`done: ${resolve(to)}, ${size(files.reduce((sum, { bytes }) => sum + bytes, 0))}; it holds everything acknowledged before ${startedAt}, and secrets`)
  } catch (error) {
    partial.discard()
    throw error
  } finally {
    progress.end()
    await connection.close()
    await Promise.all([broker.close(), objects.close()])
  }
}
