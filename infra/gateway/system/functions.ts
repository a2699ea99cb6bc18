import { z } from 'zod'
import { failure } from '../../../events/errors.ts'
import { parseInput } from '../../functions/input.ts'
import { withBody, type HttpReply, type HttpRequest } from '../../functions/router.ts'
import { functionNameSchema, functionSpecSchema, namespaceSchema, orEmpty, removalSchema, type FunctionSpec } from '../function-spec.ts'
import type { FunctionHost } from '../host.ts'
import type { Namespaces } from '../namespaces.ts'
import type { Deployed, Registry } from '../registry.ts'

/** Answers to a change: the CLI takes 200 and 202 for success, nothing else. */
export const ACCEPTED: HttpReply = { status: 202 }

/** More is no number of replicas that anybody means. */
export const MAX_REPLICAS = 1_000

export const scaleSchema = z.strictObject({
  serviceName: orEmpty(z.union([functionNameSchema, z.literal('')]), ''),
  replicas: z.number().int().min(0).max(MAX_REPLICAS),
  namespace: namespaceSchema,
})
type Named = HttpRequest<{ readonly name: string }>

/** `/system/functions`, `/system/function/NAME`, `/system/scale-function/NAME`. */
export const functionRoutes = (registry: Registry, host: FunctionHost, namespaces: Namespaces) => {
  const shown = ({ usage: asked = '' }: HttpRequest['query']) => async ({ id, spec, createdAt, replicas, invocations }: Deployed) => {
    const { service, ...fields } = spec
    const [condition, usage] = await Promise.all([host.condition(id), asked === '1' || asked === 'true' ? host.usage(id) : undefined])
    const annotations = { ...spec.annotations, ...condition }
    return { name: service, ...fields, annotations, replicas, availableReplicas: host.available(id), invocationCount: invocations, createdAt, ...(usage ? { usage } : {}) }
  }
  const acceptable = (spec: FunctionSpec): FunctionSpec => {
    namespaces.require(spec.namespace)
    return spec
  }
  return {
    'GET /system/functions': async ({ query }: HttpRequest) => {
      const namespace = namespaceOf(query)
      namespaces.require(namespace)
      return { status: 200, body: await Promise.all(registry.list(namespace).map(shown(query))) }
    },
    'POST /system/functions': withBody(functionSpecSchema, async ({ body }) => (await registry.deploy(acceptable(body)), ACCEPTED)),
    'PUT /system/functions': withBody(functionSpecSchema, async ({ body }) => (await registry.update(acceptable(body)), ACCEPTED)),
    'DELETE /system/functions': withBody(removalSchema, async ({ body }) => (await registry.remove(body.functionName, body.namespace), ACCEPTED)),
    'GET /system/function/:name': async ({ params: { name }, query }: Named) => {
      const found = registry.find(name, namespaceOf(query))
      if (!found) throw failure('FUNCTION_NOT_FOUND', { name })
      return { status: 200, body: await shown(query)(found) }
    },
    'POST /system/scale-function/:name': withBody(scaleSchema, async ({ params: { name }, query, body }: HttpRequest<{ readonly name: string }, z.output<typeof scaleSchema>>) => {
      if (body.serviceName !== '' && body.serviceName !== name) throw failure('INVALID_FIELD', { field: 'serviceName', reason: `it is not ${name}, which the path names` })
      await registry.scale(name, query['namespace'] === undefined ? body.namespace : namespaceOf(query), body.replicas)
      return ACCEPTED
    }),
  }
}

/** `?namespace=`. @throws INVALID_FIELD */
export const namespaceOf = (query: HttpRequest['query']): string => parseInput(z.object({ namespace: namespaceSchema }), query).namespace
