import * as z from 'zod/mini'
import { requestIri, type Server } from '../../endpoints/server.ts'
import { listAnswer, readPage } from '../../holder/page.ts'
import { plainJson } from '../../holder/plain-json.ts'
import type { Answer } from '../../http/answer.ts'
import { invalidBody, invalidQuery, notFound, unprocessable } from '../../http/api-error.ts'
import { readPlainJson } from '../../http/json.ts'
import type { Call } from '../../http/router.ts'
import { objectIri } from '../../objects/split.ts'
import type { Reader } from '../../store/port.ts'
import { scanPage } from '../../store/scan-page.ts'
import { decideRequest } from '../../requests/requests.ts'
import { checkExpiry, localIdOf } from '../delegations/delegation.ts'
import { groupExists, membersOf } from '../groups/groups.ts'
import { PERMISSIONS } from '../port.ts'
import { httpIri, name } from '../schemas.ts'
import { granteeKey, granteeOf, isExpired, type Grant, type Grantee } from './grant.ts'
import { endGrants, giveGrant } from './give.ts'
import { findGrant, GRANT_PLACES, GRANTS, grantsOf } from './rows.ts'

/** Objects of one request, and agents who are told of them one by one. */
const MOST_OBJECTS = 100
const MOST_TOLD = 1_000

/** Body of POST /holder/grants; one of `agent`, `group` and `public`. */
export const newGrantsSchema = z.strictObject({
  objects: z.array(z.string()).check(z.minLength(1), z.maxLength(MOST_OBJECTS)),
  permissions: z.array(z.enum(PERMISSIONS)).check(z.minLength(1)),
  agent: z.optional(httpIri),
  group: z.optional(name),
  public: z.optional(z.literal(true)),
  expiresAt: z.optional(z.nullable(z.iso.datetime({ offset: true }))),
})

/** GET /holder/grants?object=&agent=&group=&public=true&limit=&cursor=: grants, also those that have expired, by object and grantee. */
export const listGrants = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { prefix, placesOnly } = readQuestion(query, base)
  const page = readPage(query, prefix)
  const reader = record.reader()
  const { grants, last } = placesOnly ? await grantsOf(reader, prefix, page) : await scanPage<Grant>(reader, prefix, page).then((found) => ({ grants: found.rows.map(({ value }) => value), last: found.last }))
  return listAnswer(`${base}/holder/grants`, query, grants.map((grant) => shown(grant, base)), last)
}

/** POST /holder/grants: the same permissions on several objects to one agent, group or all. 201 with the grants. */
export const createGrants = (server: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  const { base, access, record, maxBodyBytes } = server
  access.holderOnly(agent)
  const given = await readPlainJson(request, maxBodyBytes, newGrantsSchema)
  const grantee = granteeFrom(given)
  const objects = [...new Set(given.objects)].map((text) => {
    const id = localIdOf(text, base)
    if (id === null) throw invalidBody(`objects: ${JSON.stringify(text)} is no logistics object of this server.`, { resource: text })
    return id
  })
  const expiresAt = typeof given.expiresAt === 'string' ? new Date(given.expiresAt).toISOString() : null
  const permissions = PERMISSIONS.filter((permission) => given.permissions.includes(permission))
  const grants = await record.write(async (tx) => {
    checkExpiry(expiresAt, tx.at.getTime())
    if ('group' in grantee) await checkGroup(tx, grantee.group, objects.length)
    const made: Grant[] = []
    for (const object of objects) made.push(await giveGrant(tx, server, { object, to: granteeKey(grantee), permissions, expiresAt, request: null, rests: null }, agent))
    return made
  })
  return plainJson({ items: grants.map((grant) => shown(grant, base)) }, 201)
}

const checkGroup = async (reader: Reader, group: string, objects: number): Promise<void> => {
  if (!(await groupExists(reader, group))) throw unprocessable(`There is no group ${group}.`)
  const { length } = await membersOf(reader, group)
  if (objects * length > MOST_TOLD) throw unprocessable(`${length} agents would hear of ${objects} objects each, more than ${MOST_TOLD} messages at once; grant them in parts.`)
}

/** GET /holder/grants/{id} */
export const readGrant = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const grant = await findGrant(record.reader(), id)
  if (!grant) throw notFound(`${base}/holder/grants/${id}`)
  return plainJson(shown(grant, base))
}

/** DELETE /holder/grants/{id}: ends it, and all that rests on it; delegation requests that it leaves without a grant are revoked. */
export const endGrant = (server: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  const { base, record, access } = server
  access.holderOnly(agent)
  await record.write(async (tx) => {
    const grant = await findGrant(tx, id)
    if (!grant) throw notFound(`${base}/holder/grants/${id}`)
    for (const request of await endGrants(tx, [grant])) await decideRequest(tx, server, request, 'REQUEST_REVOKED', agent)
  }, { beyondLimit: true })
  return { status: 204, headers: {} }
}

const shown = ({ id, object, to, permissions, expiresAt, since, request }: Grant, base: string) => ({
  id, url: `${base}/holder/grants/${id}`, object: objectIri(base, object), ...granteeOf(to), permissions, since, expiresAt,
  expired: isExpired({ expiresAt }, Date.now()), request: request === null ? null : requestIri(base, request),
})

const granteeFrom = (given: { readonly agent?: string | undefined; readonly group?: string | undefined; readonly public?: true | undefined }): Grantee => {
  const [grantee, ...more] = granteesIn(given)
  if (!grantee || more.length > 0) throw invalidBody('Say for whom: one of agent, group and public.')
  return grantee
}

const granteesIn = ({ agent, group, public: all }: { readonly agent?: string | undefined; readonly group?: string | undefined; readonly public?: true | undefined }): readonly Grantee[] =>
  [...(agent === undefined ? [] : [{ agent }]), ...(group === undefined ? [] : [{ group }]), ...(all ? [{ public: all }] : [])]

const readQuestion = (query: URLSearchParams, base: string): { readonly prefix: string; readonly placesOnly: boolean } => {
  const object = query.get('object')
  const id = object === null ? null : (localIdOf(object, base) ?? object)
  const [grantee, ...more] = granteesIn({ agent: query.get('agent') ?? undefined, group: query.get('group') ?? undefined, public: query.get('public') === 'true' ? true : undefined })
  if (more.length > 0) throw invalidQuery('Only one of agent, group and public can be asked for.')
  if (!grantee) return { prefix: id === null ? GRANTS.all() : GRANTS.object(id), placesOnly: false }
  return id === null ? { prefix: GRANT_PLACES.to(granteeKey(grantee)), placesOnly: true } : { prefix: GRANTS.objectTo(id, granteeKey(grantee)), placesOnly: false }
}
