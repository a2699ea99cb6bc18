import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { FunctionHandler } from '../functions/handler.ts'
import { parseInput } from '../functions/input.ts'
import { router, withBody, type HttpReply, type HttpRequest } from '../functions/router.ts'
import { functionSpecSchema, NAMESPACE, namespaceSchema, removalSchema } from './function-spec.ts'
import type { FunctionHost } from './host.ts'
import type { Deployed, Registry } from './registry.ts'

/** Answers to a change: the CLI takes 200 and 202 for success, nothing else. */
const ACCEPTED: HttpReply = { status: 202 }

/**
 * The OpenFaaS REST API, as a function of its own. `authorize` throws for whoever may not. What is not offered here answers
 * 501 with a sentence, which the CLI prints; it takes a bare 404 for "no such function".
 */
export const systemApi = (registry: Registry, host: FunctionHost, authorize: (headers: HttpRequest['headers']) => void): FunctionHandler => {
  const shown = ({ spec, createdAt, invocations }: Deployed) => {
    const { service, ...fields } = spec
    return {
      name: service, ...fields, namespace: NAMESPACE, replicas: 1, availableReplicas: host.available(service),
      invocationCount: invocations, createdAt, usage: host.usage(service),
    }
  }
  return router(
    {
      'GET /system/functions': ({ query }) => {
        requireNamespace(query)
        return { status: 200, body: registry.list().map(shown) }
      },
      'POST /system/functions': withBody(functionSpecSchema, async ({ body }) => (await registry.deploy(body), ACCEPTED)),
      'PUT /system/functions': withBody(functionSpecSchema, async ({ body }) => (await registry.update(body), ACCEPTED)),
      'DELETE /system/functions': withBody(removalSchema, async ({ body }) => (await registry.remove(body.functionName), ACCEPTED)),
      'GET /system/function/:name': ({ params: { name }, query }) => {
        requireNamespace(query)
        const found = registry.find(name)
        if (!found) throw failure('FUNCTION_NOT_FOUND', { name })
        return { status: 200, body: shown(found) }
      },
      'GET /system/namespaces': () => ({ status: 200, body: [NAMESPACE] }),
      'GET /system/info': () => ({ status: 200, body: info(host) }),
      'POST /system/scale-function/:name': notOffered,
      'GET /system/secrets': notOffered,
      'POST /system/secrets': notOffered,
      'PUT /system/secrets': notOffered,
      'DELETE /system/secrets': notOffered,
      'GET /system/logs': notOffered,
    },
    async () => registry,
    { authorize: ({ headers }) => authorize(headers) },
  )
}

const requireNamespace = (query: HttpRequest['query']): void => void parseInput(z.object({ namespace: namespaceSchema }), query)

const notOffered = ({ method, path }: { readonly method: string; readonly path: string }): never => {
  throw failure('NOT_OFFERED', { method, path })
}

const info = ({ orchestration }: FunctionHost) => {
  const version = { release: manifest.version, sha: '' }
  return {
    provider: { provider: manifest.name, orchestration, version },
    version: { ...version, commit_message: '' },
    arch: process.arch === 'x64' ? 'x86_64' : process.arch,
  }
}
