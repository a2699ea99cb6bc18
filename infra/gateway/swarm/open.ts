import { join } from 'node:path'
import { secret, type Config } from '../../config.ts'
import type { Log } from '../../log.ts'
import type { FunctionHost } from '../host.ts'
import { ownEngine } from './engine.ts'
import { swarmHost } from './host.ts'
import { openRouting } from './routing/open.ts'
import { parsePlatformSecrets, readEnvironmentFile } from './services/platform.ts'
import { registryAuth } from './services/registry-auth.ts'
import { openServices } from './services/services.ts'

/** In SECRETS_DIR, of a cluster that has a private registry: what `docker login` writes to ~/.docker/config.json. */
const REGISTRY_AUTH = 'registry-auth'

/** The Swarm that the configuration names. @throws Error of a file that cannot be read */
export const openSwarmHost = (config: Config, log: Log): FunctionHost => {
  const engine = ownEngine(config)
  const scope = config.FUNCTION_SCOPE
  const services = openServices({
    engine, scope, log,
    network: config.FUNCTION_NETWORK,
    platform: {
      images: config.PLATFORM_IMAGES, network: config.PLATFORM_NETWORK,
      secrets: parsePlatformSecrets(config.PLATFORM_SECRETS), environment: readEnvironmentFile(config.PLATFORM_ENV),
    },
    auth: registryAuth(join(config.SECRETS_DIR, REGISTRY_AUTH)),
    key: secret(config, 'signing-key'),
    timeoutSeconds: config.FUNCTION_TIMEOUT_SECONDS,
  })
  return swarmHost(services, openRouting({ engine, scope, timeoutSeconds: config.FUNCTION_TIMEOUT_SECONDS, log }))
}
