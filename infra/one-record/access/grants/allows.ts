import { groupsOf, isMember } from '../groups/groups.ts'
import type { Permission } from '../port.ts'
import type { Reader } from '../../store/port.ts'
import { granteeKey, granteeOf, isExpired, PUBLIC, type Grant, type Rests } from './grant.ts'
import { grantAt, GRANTS } from './rows.ts'

/** Grants of one object to one grantee. */
export const MOST_GRANTS = 64
/** Delegations that rest on one another. */
export const DEEPEST_CHAIN = 8

/** What is asked: may `agent`, which is not the holder, do this with `object` at `now`, milliseconds. */
export type Question = { readonly agent: string; readonly object: string; readonly permission: Permission; readonly now: number }

/** Whether a grant allows it. What was never granted, or no longer, is not allowed. */
export const allows = async (reader: Reader, question: Question): Promise<boolean> => (await grantFor(reader, question)) !== null

/**
 * A grant that allows it, null when there is none: of the agent itself before that of all before those of its groups, and of each
 * those that the holder gave before those that rest on others. @param fits which grants count
 */
export const grantFor = async (reader: Reader, { agent, object, permission, now }: Question, fits: (grant: Grant) => boolean = () => true): Promise<Grant | null> => {
  const search = async (to: string): Promise<Grant | null> => {
    const rows = await reader.scan<Grant>({ prefix: GRANTS.objectTo(object, to), limit: MOST_GRANTS })
    const candidates = rows.map(({ value }) => value).filter((grant) => grant.permissions.includes(permission) && !isExpired(grant, now) && fits(grant))
    for (const grant of candidates.toSorted(byStrength)) if (await holds(reader, grant, now)) return grant
    return null
  }
  for (const to of [granteeKey({ agent }), PUBLIC]) {
    const found = await search(to)
    if (found) return found
  }
  for (const group of await groupsOf(reader, agent)) {
    const found = await search(granteeKey({ group }))
    if (found) return found
  }
  return null
}

/** What the holder gave first, then what holds longest. */
const byStrength = (a: Grant, b: Grant): number =>
  Number(a.rests !== null) - Number(b.rests !== null) || (b.expiresAt ?? FOREVER).localeCompare(a.expiresAt ?? FOREVER)
const FOREVER = '9'

/** How many grants this one rests on, one on the other; Infinity when one of them does not hold any more. */
export const depthOf = async (reader: Reader, { object, rests }: Pick<Grant, 'object' | 'rests'>, now: number): Promise<number> => {
  let depth = 0
  for (let at: Rests | null = rests; at !== null; depth++) {
    const parent: Grant | null = depth < DEEPEST_CHAIN ? await grantAt(reader, { object, ...at }) : null
    if (!parent || isExpired(parent, now) || !(await isTo(reader, parent, at.by))) return Number.POSITIVE_INFINITY
    at = parent.rests
  }
  return depth
}

const holds = async (reader: Reader, grant: Grant, now: number): Promise<boolean> => grant.rests === null || (await depthOf(reader, grant, now)) <= DEEPEST_CHAIN

/** Who left a group has what was granted to it no more, and nothing that rests on it. */
const isTo = async (reader: Reader, { to }: Grant, agent: string): Promise<boolean> => {
  const grantee = granteeOf(to)
  return 'group' in grantee ? isMember(reader, grantee.group, agent) : 'public' in grantee || grantee.agent === agent
}
