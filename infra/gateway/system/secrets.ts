import { failure } from '../../../events/errors.ts'
import { withBody, type HttpRequest } from '../../functions/router.ts'
import type { Namespaces } from '../namespaces.ts'
import type { Registry } from '../registry.ts'
import { secretBodySchema, secretRemovalSchema, type Secrets } from '../secrets.ts'
import { ACCEPTED, namespaceOf } from './functions.ts'

/** `/system/secrets`. A value goes in and never comes out; one that a function names is not removed. */
export const secretRoutes = (secrets: Secrets, namespaces: Namespaces, registry: Registry) => ({
  'GET /system/secrets': ({ query }: HttpRequest) => {
    const namespace = namespaceOf(query)
    namespaces.require(namespace)
    return { status: 200, body: secrets.list(namespace) }
  },
  'POST /system/secrets': withBody(secretBodySchema, async ({ body }) => {
    namespaces.require(body.namespace)
    await secrets.create(body)
    return ACCEPTED
  }),
  'PUT /system/secrets': withBody(secretBodySchema, async ({ body }) => (await secrets.update(body), ACCEPTED)),
  'DELETE /system/secrets': withBody(secretRemovalSchema, async ({ body: { name, namespace } }) => {
    const needing = registry.list(namespace).filter(({ spec }) => spec.secrets.includes(name)).map(({ spec }) => spec.service)
    if (needing.length > 0) throw failure('SECRET_IN_USE', { name, functions: `function ${needing.join(', ')}` })
    await secrets.remove({ name, namespace })
    return ACCEPTED
  }),
})
