import { join, resolve } from 'node:path'
import { binary } from '../binaries.ts'
import type { Environment } from '../environment.ts'
import type { Part } from '../part.ts'
import type { Ports } from '../ports.ts'

/** The object store, one drive, without its console. Its root user is a file; only it and the minting service read that. */
export const minio = ({ config, ports, dataDir }: Pick<Environment, 'config' | 'dataDir'> & { readonly ports: Pick<Ports, 'OBJECT_STORE_URL'> }): Part => {
  const endpoint = `http://127.0.0.1:${ports.OBJECT_STORE_URL}`
  return {
    name: 'minio', role: 'server', after: [], stopSignal: 'SIGTERM',
    launch: {
      file: binary('minio'),
      args: ['server', '--quiet', '--address', `127.0.0.1:${ports.OBJECT_STORE_URL}`, join(dataDir, 'minio')],
      env: {
        MINIO_ROOT_USER_FILE: resolve(config.SECRETS_DIR, 'object-store-user'),
        MINIO_ROOT_PASSWORD_FILE: resolve(config.SECRETS_DIR, 'object-store-password'),
        MINIO_BROWSER: 'off', MINIO_UPDATE: 'off', MINIO_REGION: config.OBJECT_STORE_REGION,
      },
    },
    ready: { ask: () => fetch(`${endpoint}/minio/health/cluster`).then((answer) => answer.ok, () => false) },
  }
}
