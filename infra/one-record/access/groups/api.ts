import * as z from 'zod/mini'
import type { Server } from '../../endpoints/server.ts'
import { listAnswer, readPage } from '../../holder/page.ts'
import { plainJson } from '../../holder/plain-json.ts'
import type { Answer } from '../../http/answer.ts'
import { ApiError, invalidBody, notFound, TITLES, unprocessable } from '../../http/api-error.ts'
import { readPlainJson } from '../../http/json.ts'
import type { Call } from '../../http/router.ts'
import { scanPage } from '../../store/scan-page.ts'
import { granteeKey } from '../grants/grant.ts'
import { GRANT_PLACES } from '../grants/rows.ts'
import { httpIri, name as groupName } from '../schemas.ts'
import { groupExists, GROUPS, groupsOf, isMember, membersOf, MOST_GROUPS, MOST_MEMBERS, putGroup, removeGroup } from './groups.ts'

/** Body of PUT /holder/groups/{name}. */
export const groupSchema = z.strictObject({ members: z.array(httpIri).check(z.maxLength(MOST_MEMBERS)) })

/** GET /holder/groups?limit=&cursor= */
export const listGroups = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<{ readonly name: string; readonly members: number }>(record.reader(), GROUPS, readPage(query, GROUPS))
  return listAnswer(`${base}/holder/groups`, query, rows.map(({ value }) => value), last)
}

/** GET /holder/groups/{name}: with its members. */
export const readGroup = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const reader = record.reader()
  if (!(await groupExists(reader, id))) throw notFound(groupUrl(base, id))
  return plainJson({ name: id, members: await membersOf(reader, id) })
}

/** PUT /holder/groups/{name}: makes it be of these members. What was granted to it holds for them at once, and no longer for others. */
export const writeGroup = ({ base, record, access, maxBodyBytes }: Server) => async ({ id, request, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  if (!groupName.safeParse(id).success) throw invalidBody('The name must be up to 64 letters, digits, points, hyphens and underscores.', { resource: groupUrl(base, id) })
  const given = [...new Set((await readPlainJson(request, maxBodyBytes, groupSchema)).members)]
  await record.write(async (tx) => {
    for (const member of given) {
      const full = !(await isMember(tx, id, member)) && (await groupsOf(tx, member)).length >= MOST_GROUPS
      if (full) throw unprocessable(`An agent is in at most ${MOST_GROUPS} groups.`, { resource: member })
    }
    await putGroup(tx, id, given)
  })
  return plainJson({ name: id, members: given })
}

/** DELETE /holder/groups/{name}: one that nothing is granted to. */
export const deleteGroup = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  await record.write(async (tx) => {
    if (!(await groupExists(tx, id))) throw notFound(groupUrl(base, id))
    const granted = await tx.scan({ prefix: GRANT_PLACES.to(granteeKey({ group: id })), limit: 1 })
    if (granted.length > 0) throw new ApiError(409, TITLES.conflict, 'Something is granted to this group; end its grants first (GET /holder/grants?group=).', { resource: groupUrl(base, id) })
    await removeGroup(tx, id)
  }, { beyondLimit: true })
  return { status: 204, headers: {} }
}

const groupUrl = (base: string, name: string): string => `${base}/holder/groups/${encodeURIComponent(name)}`
