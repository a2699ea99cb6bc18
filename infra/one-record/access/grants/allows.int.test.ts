import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../../testing/servers.ts'
import { openRecord, type AttachedRecord } from '../../store/record.ts'
import type { Transaction } from '../../store/port.ts'
import { claimOn, startStore } from '../../testing/serve.ts'
import { putGroup } from '../groups/groups.ts'
import { PERMISSIONS } from '../port.ts'
import { allows, DEEPEST_CHAIN } from './allows.ts'
import { endGrants } from './give.ts'
import { granteeKey, PUBLIC, type Grant } from './grant.ts'
import { GRANTS, putGrant } from './rows.ts'
import { tidyGrants } from './tidy.ts'

let minio: MinioServer
let record: AttachedRecord
beforeAll(async () => {
  minio = await startStore()
  record = await openRecord(claimOn(minio), { genesis: () => Promise.resolve(), limit: { bytes: 1024 ** 3, reached: () => {} }, complain: (error) => { throw error } })
})
afterAll(async () => {
  await record.rest()
  await minio.stop()
})

class Undo extends Error {}
/** Runs in a transaction of which nothing stays. */
const inTransaction = async (run: (tx: Transaction) => Promise<void>): Promise<void> => {
  await record.write(async (tx) => {
    await run(tx)
    throw new Undo()
  }).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error
  })
}

const AGENTS = ['https://a.test/x', 'https://a.test/x/y', 'https://b.test/agent:public', 'https://c.test/ü%2F']
const GROUPS = ['airlines', 'public']
const OBJECTS = ['one', 'one-more', 'one%2F']
const NOW = Date.parse('2026-06-01T00:00:00Z')
const time = (hours: number): string => new Date(NOW + hours * 3_600_000).toISOString()

const grants = fc.array(fc.record({
  object: fc.constantFrom(...OBJECTS),
  to: fc.oneof(fc.constantFrom(...AGENTS).map((agent) => granteeKey({ agent })), fc.constantFrom(...GROUPS).map((group) => granteeKey({ group })), fc.constant(PUBLIC)),
  permissions: fc.subarray([...PERMISSIONS], { minLength: 1 }),
  expiresAt: fc.option(fc.integer({ min: -2, max: 2 }).map(time)),
}), { maxLength: 8 })
const groups = fc.record({ airlines: fc.subarray(AGENTS), public: fc.subarray(AGENTS) })

const grantOf = (given: Partial<Grant>, index: number): Grant =>
  ({ id: `g${index}`, object: 'one', to: PUBLIC, permissions: [...PERMISSIONS], expiresAt: null, since: time(-9), request: null, rests: null, ...given })

test('whatever is granted to whomever until whenever, exactly that is allowed', async () => {
  await fc.assert(fc.asyncProperty(grants, groups, fc.integer({ min: -2, max: 2 }), async (given, members, hours) => inTransaction(async (tx) => {
    given.forEach((grant, index) => putGrant(tx, grantOf(grant, index)))
    for (const [name, agents] of Object.entries(members)) await putGroup(tx, name, agents)
    const now = NOW + hours * 3_600_000
    for (const agent of AGENTS) {
      const isTo = (to: string): boolean => to === 'public' || to === `agent:${agent}` || Object.entries(members).some(([name, agents]) => to === `group:${name}` && agents.includes(agent))
      for (const object of OBJECTS) {
        for (const permission of PERMISSIONS) {
          const expected = given.some((grant) => grant.object === object && grant.permissions.includes(permission) && isTo(grant.to) && (grant.expiresAt === null || Date.parse(grant.expiresAt) > now))
          expect([agent, object, permission, await allows(tx, { agent, object, permission, now })]).toEqual([agent, object, permission, expected])
        }
      }
    }
  })), { numRuns: 150 })
})

test('of many grants any are ended in any order, and what is left is allowed', async () => {
  await fc.assert(fc.asyncProperty(grants, fc.infiniteStream(fc.nat()), async (given, numbers) => inTransaction(async (tx) => {
    let left = given.map(grantOf)
    for (const grant of left) putGrant(tx, grant)
    while (left.length > 0) {
      const ended = left[numbers.next().value % left.length] as Grant
      expect(await endGrants(tx, [ended])).toEqual([])
      left = left.filter((grant) => grant !== ended)
      for (const object of OBJECTS) {
        const expected = left.some((grant) => grant.object === object && grant.to === PUBLIC && grant.permissions.includes('GET_LOGISTICS_OBJECT') && (grant.expiresAt === null || Date.parse(grant.expiresAt) > NOW))
        expect(await allows(tx, { agent: 'https://nobody.test/', object, permission: 'GET_LOGISTICS_OBJECT', now: NOW })).toBe(expected)
      }
    }
  })), { numRuns: 50 })
})

/** A chain of delegations: the first has it from the holder, each gives it to the next through a request of its own. */
const agentAt = (index: number): string => `https://n${index}.test/`
const chain = (length: number): readonly Grant[] => Array.from({ length }, (_, index) => grantOf({
  to: granteeKey({ agent: agentAt(index) }), request: `r${index}`,
  rests: index === 0 ? null : { to: granteeKey({ agent: agentAt(index - 1) }), id: `g${index - 1}`, by: agentAt(index - 1) },
}, index))
const question = (index: number, now = NOW) => ({ agent: agentAt(index), object: 'one', permission: 'GET_LOGISTICS_OBJECT' as const, now })

test('whoever of a trust chain loses the access, all behind lose it and nobody before', async () => {
  for (let lost = 0; lost < 6; lost++) {
    await inTransaction(async (tx) => {
      const links = chain(6)
      for (const link of links) putGrant(tx, link)
      const requests = await endGrants(tx, links.slice(lost, lost + 1))
      expect(requests).toEqual(links.slice(lost).map(({ request }) => request))
      for (let index = 0; index < 6; index++) expect(await allows(tx, question(index))).toBe(index < lost)
    })
  }
})

test('a chain holds no longer than its first grant, and no chain is followed without end', async () => {
  await inTransaction(async (tx) => {
    const links = chain(DEEPEST_CHAIN + 3)
    links.forEach((link, index) => putGrant(tx, index === 0 ? { ...link, expiresAt: time(1) } : link))
    expect([await allows(tx, question(5)), await allows(tx, question(5, NOW + 3_600_000))]).toEqual([true, false])
    expect([await allows(tx, question(DEEPEST_CHAIN)), await allows(tx, question(DEEPEST_CHAIN + 2))]).toEqual([true, false])
    // nobody can make a circle, and if there was one it would hold nobody up
    putGrant(tx, grantOf({ object: 'circle', to: granteeKey({ agent: agentAt(1) }), rests: { to: granteeKey({ agent: agentAt(2) }), id: 'g102', by: agentAt(2) } }, 101))
    putGrant(tx, grantOf({ object: 'circle', to: granteeKey({ agent: agentAt(2) }), rests: { to: granteeKey({ agent: agentAt(1) }), id: 'g101', by: agentAt(1) } }, 102))
    expect(await allows(tx, { ...question(1), object: 'circle' })).toBe(false)
  })
})

test('who leaves a group takes along what rests on having been in it', async () => {
  await inTransaction(async (tx) => {
    await putGroup(tx, 'airlines', [agentAt(0), agentAt(9)])
    putGrant(tx, grantOf({ to: granteeKey({ group: 'airlines' }) }, 0))
    putGrant(tx, grantOf({ to: granteeKey({ agent: agentAt(1) }), request: 'r1', rests: { to: granteeKey({ group: 'airlines' }), id: 'g0', by: agentAt(0) } }, 1))
    expect(await allows(tx, question(1))).toBe(true)
    await putGroup(tx, 'airlines', [agentAt(9)])
    expect([await allows(tx, question(0)), await allows(tx, question(1)), await allows(tx, question(9))]).toEqual([false, false, true])
  })
})

test('of any forest of delegations whatever is ended takes along all that rests on it, and nothing else', async () => {
  const forest = fc.array(fc.option(fc.nat()), { minLength: 1, maxLength: 14 })
  await fc.assert(fc.asyncProperty(forest, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), async (parents, ends) => inTransaction(async (tx) => {
    const parentOf = parents.map((parent, index) => (parent === null || index === 0 ? null : parent % index))
    const links = parentOf.map((parent, index) => grantOf({
      to: granteeKey({ agent: agentAt(index) }), request: `r${index}`, rests: parent === null ? null : { to: granteeKey({ agent: agentAt(parent) }), id: `g${parent}`, by: agentAt(parent) },
    }, index))
    for (const link of links) putGrant(tx, link)
    const gone = new Set<number>()
    const isBelow = (index: number | null | undefined, top: number): boolean => typeof index === 'number' && (index === top || isBelow(parentOf[index], top))
    for (const end of ends) {
      const top = end % links.length
      const fallen = links.flatMap((_, index) => (!gone.has(top) && !gone.has(index) && isBelow(index, top) ? [index] : []))
      const requests = gone.has(top) ? [] : await endGrants(tx, links.slice(top, top + 1))
      expect(requests.toSorted()).toEqual(fallen.map((index) => `r${index}`).toSorted())
      for (const index of fallen) gone.add(index)
      const depth = (index: number | null | undefined): number => (typeof index === 'number' ? 1 + depth(parentOf[index]) : 0)
      for (let index = 0; index < links.length; index++) expect(await allows(tx, question(index))).toBe(!gone.has(index) && depth(index) - 1 <= DEEPEST_CHAIN)
    }
  })), { numRuns: 150 })
})

test('grants that expired a day ago are taken away before the record rests, others stay', async () => {
  const duty = tidyGrants(record)
  const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * 3_600_000).toISOString()
  expect(await duty.dueAt(record.reader())).toBeNull()
  await record.write((tx) => {
    putGrant(tx, grantOf({ expiresAt: daysAgo(0.5) }, 1))
    putGrant(tx, grantOf({}, 2))
    return Promise.resolve()
  })
  expect(await duty.dueAt(record.reader())).toBeNull()
  await record.write((tx) => Promise.resolve(putGrant(tx, grantOf({ expiresAt: daysAgo(2) }, 0))))
  expect(await duty.dueAt(record.reader())).toBeLessThanOrEqual(Date.now())
  await duty.run()
  expect(await duty.dueAt(record.reader())).toBeNull()
  const left = await record.reader().scan<Grant>({ prefix: GRANTS.all(), limit: 10 })
  expect(left.map(({ value }) => value.id)).toEqual(['g2'])
})
