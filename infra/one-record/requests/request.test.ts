import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Agent } from '../access/port.ts'
import { decide, evolve, isParty, type ActionRequest, type ChangeStatus } from './request.ts'
import { grantedStatus, REQUEST_TYPES, STATUSES, statusOf, type RequestType, type Status } from './states.ts'

const types = Object.keys(REQUEST_TYPES) as RequestType[]
const holder: Agent = { uri: 'https://holder.test/logistics-objects/org', isHolder: true }
const requestor: Agent = { uri: 'https://requestor.test/logistics-objects/org', isHolder: false }
const stranger: Agent = { uri: 'https://stranger.test/logistics-objects/org', isHolder: false }

const pending = (type: RequestType): ActionRequest => ({
  id: '1', type, object: 'o', requestedBy: requestor.uri, requestedAt: 0, notify: false, revision: null,
  status: 'REQUEST_PENDING', since: 0, history: [], errors: null,
})
const after = (request: ActionRequest, command: ChangeStatus): ActionRequest => {
  const event = decide(request, command)
  return event ? evolve(request, event) : request
}
const moved = (request: ActionRequest, to: Status, agent = holder, at = 1): ActionRequest => after(request, { to, at, agent, roles: to === 'REQUEST_FAILED' ? ['server'] : [] })
const refused = (status: number) => expect.objectContaining({ status }) as unknown

/** The two diagrams of the standard, written down a second time: from, to, and whether it is a verification's. */
const changeSubscriptionDelegation = ['PENDING ACCEPTED', 'PENDING REJECTED', 'PENDING REVOKED', 'ACCEPTED FAILED']
const verification = ['PENDING ACKNOWLEDGED', 'PENDING REJECTED', 'PENDING REVOKED', 'PENDING FAILED']
const arrows: Readonly<Record<RequestType, readonly string[]>> = {
  ChangeRequest: changeSubscriptionDelegation,
  SubscriptionRequest: [...changeSubscriptionDelegation, 'ACCEPTED REVOKED'],
  AccessDelegationRequest: [...changeSubscriptionDelegation, 'ACCEPTED REVOKED'],
  VerificationRequest: verification,
}
const isArrow = (type: RequestType, from: Status, to: Status): boolean => arrows[type].includes(`${from} ${to}`.replaceAll('REQUEST_', ''))

test.each(types.flatMap((type) => STATUSES.flatMap((from) => STATUSES.map((to) => [type, from, to] as const))))('%s from %s to %s goes as the standard has it', (type, from, to) => {
  const request = { ...pending(type), status: from }
  if (isArrow(type, from, to)) expect(moved(request, to)).toMatchObject({ status: to, history: [{ status: from, changedBy: holder.uri }] })
  // said again by the holder it is nothing new
  else if (from === to && from === grantedStatus(type)) expect(moved(request, to)).toBe(request)
  else expect(() => moved(request, to)).toThrow(refused(422))
})

test.each(types)('only the holder decides a %s, its requestor may take it back, nobody else anything', (type) => {
  const request = pending(type)
  for (const to of [grantedStatus(type), 'REQUEST_REJECTED'] as const) {
    expect(() => moved(request, to, requestor)).toThrow(refused(403))
    expect(moved(request, to, holder).status).toBe(to)
  }
  for (const agent of [requestor, holder]) expect(moved(request, 'REQUEST_REVOKED', agent)).toMatchObject({ status: 'REQUEST_REVOKED', history: [{ changedBy: agent.uri }] })
  for (const to of STATUSES) expect(() => after(request, { to, at: 1, agent: stranger })).toThrow(refused(403))
  expect([isParty(request, holder), isParty(request, requestor), isParty(request, stranger)]).toEqual([true, true, false])
})

test('a change that was accepted cannot be failed by whoever asks: it was applied', () => {
  const accepted = moved(pending('ChangeRequest'), 'REQUEST_ACCEPTED')
  expect(() => decide(accepted, { to: 'REQUEST_FAILED', at: 2, agent: holder })).toThrow(refused(403))
})

test('whatever is asked in whatever order, a request goes the ways of the standard and its history says them', () => {
  const command = fc.record({ to: fc.constantFrom(...STATUSES), agent: fc.constantFrom(holder, requestor, stranger), asServer: fc.boolean() })
  fc.assert(fc.property(fc.constantFrom(...types), fc.array(command, { maxLength: 12 }), (type, commands) => {
    const passed: { status: Status; since: number; changedBy: string }[] = []
    let request = pending(type)
    commands.forEach(({ to, agent, asServer }, index) => {
      const before = request
      try {
        request = after(request, { to, at: index + 1, agent, roles: asServer ? ['server'] : [] })
      } catch (error) {
        expect(error).toMatchObject({ status: expect.toBeOneOf([403, 422]) as unknown })
        return undefined
      }
      if (request === before) return expect([agent, to]).toEqual([holder, before.status])
      expect(isArrow(type, before.status, to)).toBe(true)
      expect(agent !== stranger || asServer).toBe(true)
      passed.push({ status: before.status, since: before.since, changedBy: agent.uri })
      expect(request).toEqual({ ...before, status: to, since: index + 1, history: passed })
    })
    expect(request.history.map(({ status }) => status)).not.toContain(request.status)
    expect(request.history.length).toBeLessThan(3)
  }), { numRuns: 2_000 })
})

test.each([
  ['REQUEST_ACCEPTED', 'REQUEST_ACCEPTED'], ['https://onerecord.iata.org/ns/api#REQUEST_REVOKED', 'REQUEST_REVOKED'], ['PENDING', 'REQUEST_PENDING'], ['REQUEST_ACKNOWLEDGED', 'REQUEST_ACKNOWLEDGED'],
  ['DONE', null], ['', null], ['request_accepted', null], ['https://elsewhere.test/ns/api#REQUEST_REVOKED', null],
])('the status %j is %s', (text, status) => expect(statusOf(text)).toBe(status))
