import { failure } from '../../../events/errors.ts'
import { parseBody } from '../../functions/input.ts'
import { withBody, type HttpRequest } from '../../functions/router.ts'
import { namespaceBodySchema, type Namespace, type Namespaces } from '../namespaces.ts'
import type { Registry } from '../registry.ts'
import type { Secrets } from '../secrets.ts'
import { ACCEPTED } from './functions.ts'

type Named = HttpRequest<{ readonly name: string }>

/** `/system/namespaces`, `/system/namespace/NAME`. One that is not empty is not removed. */
export const namespaceRoutes = (namespaces: Namespaces, registry: Registry, secrets: Secrets) => {
  /** The body of a change names what its path names. */
  const meant = ({ params: { name }, ...request }: Named): Namespace => {
    const body = parseBody(namespaceBodySchema, request)
    if (body.name !== name) throw failure('INVALID_FIELD', { field: 'name', reason: `it is not ${name}, which the path names` })
    return body
  }
  return {
    'GET /system/namespaces': () => ({ status: 200, body: namespaces.list() }),
    'POST /system/namespace/': withBody(namespaceBodySchema, async ({ body }) => (await namespaces.create(body), ACCEPTED)),
    'GET /system/namespace/:name': ({ params: { name } }: Named) => ({ status: 200, body: namespaces.get(name) }),
    'PUT /system/namespace/:name': async (request: Named) => (await namespaces.update(meant(request)), ACCEPTED),
    'DELETE /system/namespace/:name': async ({ params: { name } }: Named) => {
      namespaces.get(name)
      const inside = [...registry.list(name).map(({ spec }) => `function ${spec.service}`), ...secrets.list(name).map((secret) => `secret ${secret.name}`)]
      if (inside.length > 0) throw failure('NAMESPACE_IN_USE', { namespace: name, reason: `${inside.slice(0, 5).join(', ')} ${inside.length === 1 ? 'is' : 'are'} in it` })
      await namespaces.remove(name)
      return ACCEPTED
    },
  }
}
