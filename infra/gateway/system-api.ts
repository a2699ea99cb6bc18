import manifest from '../../package.json' with { type: 'json' }
import type { FunctionHandler } from '../functions/handler.ts'
import { router, type HttpRequest } from '../functions/router.ts'
import type { FunctionHost } from './host.ts'
import type { Namespaces } from './namespaces.ts'
import type { Registry } from './registry.ts'
import type { Secrets } from './secrets.ts'
import { alertRoutes } from './system/alert.ts'
import { functionRoutes } from './system/functions.ts'
import { logRoutes } from './system/logs.ts'
import { namespaceRoutes } from './system/namespaces.ts'
import { secretRoutes } from './system/secrets.ts'

export type SystemParts = {
  readonly registry: Registry
  readonly host: FunctionHost
  readonly namespaces: Namespaces
  readonly secrets: Secrets
}

/** The OpenFaaS REST API, as a function of its own. `authorize` throws for whoever may not. */
export const systemApi = (parts: SystemParts, authorize: (headers: HttpRequest['headers']) => void): FunctionHandler =>
  router(routesOf(parts), async () => parts.registry, { authorize: ({ headers }) => authorize(headers) })

const routesOf = ({ registry, host, namespaces, secrets }: SystemParts) => ({
  ...functionRoutes(registry, host, namespaces),
  ...namespaceRoutes(namespaces, registry, secrets),
  ...secretRoutes(secrets, namespaces, registry),
  ...logRoutes(host, registry),
  ...alertRoutes(registry),
  'GET /system/info': () => ({ status: 200, body: info(host) }),
})
/** Each of them is told in contract.ts. */
export type SystemRoute = keyof ReturnType<typeof routesOf>

const info = ({ orchestration }: FunctionHost) => {
  const version = { release: manifest.version, sha: '' }
  return {
    provider: { provider: manifest.name, orchestration, version },
    version: { ...version, commit_message: '' },
    arch: process.arch === 'x64' ? 'x86_64' : process.arch,
  }
}
