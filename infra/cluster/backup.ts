import { resolve } from 'node:path'
import { copyInto } from '../backup/copy.ts'
import { publicUrl, readConfig } from '../config.ts'
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
  try {
    const address = publicUrl(config, `<name>.${DEPLOYMENTS_DOMAIN}`)
    await copyInto(resolve(to), { config, address, endpoint: config.OBJECT_STORE_URL, withSecrets: true, also: ', and secrets' }, ended)
  } finally {
    await Promise.all([broker.close(), objects.close()])
  }
}
