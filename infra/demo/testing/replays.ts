import { readFileSync } from 'node:fs'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, describe, expect, test } from 'vitest'
import { brokenHistories } from '../../chaos/verify/histories.ts'
import { toHeaders, type DeliveryHead } from '../../delivery/cloud-event.ts'
import { MAX_AGE_MS, sign, SIGNATURE_HEADER } from '../../delivery/signature.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import { readStack } from '../../gateway/stack.ts'
import { fromStored } from '../../nats/direct.ts'
import { STREAM } from '../../nats/subjects.ts'
import { decodeMessage } from '../../nats/wire.ts'
import { expectProblem } from './expect.ts'
import type { Scene } from './scene.ts'

/** Every function of the stack that takes events, and the types that it takes. */
const FUNCTIONS = readStack('stack.yml', {}).flatMap(({ service, annotations }) => {
  const { events } = annotations as Readonly<Record<string, string | undefined>>
  return events === undefined ? [] : [{ name: service, types: events.split(',').map((type) => type.trim()) }]
})
const golden = (type: string): Record<string, unknown> => JSON.parse(readFileSync(`events/golden/${type}.v1.json`, 'utf8')) as Record<string, unknown>
const headOf = (type: string): DeliveryHead =>
  ({ id: `replayed-${type}`, type, subject: 'events.deployment.replayed', sequence: '1', revision: 1, version: 1, at: '2026-01-01T00:00:00.000Z', metadata: { correlationId: 'replayed', actor: 'operator' }, attempt: 1 })

/** What wakes what sleeps, whoever says so: that a visitor waits, that something is owed, that its owner wants it. */
const WAKING = new Set(['ProxyHit', 'WakeDue', 'ResumeRequested'])

/** Deliveries with the right signature, at the wrong time or of the wrong thing: nothing comes of them. */
export const replays = ({ atGateway, ids, nats, secretOf }: Scene): void => {
  const send = (name: string, head: DeliveryHead, data: unknown, atMs = Date.now()) => {
    const body = typeof data === 'string' ? data : JSON.stringify(data)
    const signature = sign(secretOf('signing-key'), { id: head.id, type: head.type, sequence: head.sequence, body: Buffer.from(body) }, atMs)
    return atGateway(`/function/${name}`, { method: 'POST', headers: { ...toHeaders(head), [SIGNATURE_HEADER]: signature }, body })
  }
  const statusesOf = async (sends: readonly Promise<{ readonly status: number }>[]) => [...new Set((await Promise.all(sends)).map(({ status }) => status))]

  describe.each(FUNCTIONS)('signed deliveries to $name', ({ name, types }) => {
    test.each(types)('%s, unsigned, signed long ago or in time to come, or for other data', async (type) => {
      const data = JSON.stringify(golden(type))
      const { [SIGNATURE_HEADER]: _, ...unsigned } = { ...toHeaders(headOf(type)), [SIGNATURE_HEADER]: '' }
      expectProblem(await atGateway(`/function/${name}`, { method: 'POST', headers: unsigned, body: data }), 403, 'NOT_PUBLIC')
      for (const atMs of [Date.now() - MAX_AGE_MS - 2_000, Date.now() + MAX_AGE_MS + 60_000, 0, 999_999_999_999_999]) expectProblem(await send(name, headOf(type), data, atMs), 401, 'UNSIGNED_DELIVERY')
      const signature = sign(secretOf('signing-key'), { id: headOf(type).id, type, sequence: '1', body: Buffer.from(data) }, Date.now())
      expectProblem(await atGateway(`/function/${name}`, { method: 'POST', headers: { ...toHeaders(headOf(type)), [SIGNATURE_HEADER]: signature }, body: `${data} ` }), 401, 'UNSIGNED_DELIVERY')
    })

    test.each(types)('%s of what there is not, once and a hundred times', async (type) => {
      const about = { ...golden(type), ...(golden(type)['deploymentId'] === undefined ? {} : { deploymentId: 'nobody', claimId: 'nobody-1' }) }
      const data = Object.fromEntries(Object.entries(about).filter(([key]) => Object.hasOwn(golden(type), key)))
      for (const status of await statusesOf(Array.from({ length: 100 }, () => send(name, headOf(type), data)))) expect(status).toBeLessThan(500)
    })

    test.each(types.filter((type) => Object.hasOwn(golden(type), 'deploymentId')))('%s of what is deleted, stopped, asleep or awake, before or after its time', async (type) => {
      for (const which of Object.keys(ids)) {
        if (WAKING.has(type) && ['paused', 'away'].includes(which)) continue
        const [deploymentId, at] = [ids[which] ?? '', '2026-01-01T00:00:00.000Z']
        // a wish to move the slot of today's claim is done whenever it comes
        for (const claimId of [`${deploymentId}-0`, ...(type === 'MoveDue' ? [] : [`${deploymentId}-1`]), `${deploymentId}-9`]) {
          const given = { ...golden(type), deploymentId, claimId, pausedSince: at, since: at }
          const instance = golden(type)['instance'] as object | undefined
          const data = Object.fromEntries(Object.entries({ ...given, instance: { ...instance, deploymentId, claimId } }).filter(([key]) => Object.hasOwn(golden(type), key)))
          const { status, text } = await send(name, headOf(type), data)
          expect(status, `${type} of ${which} (${claimId}): ${text}`).toBeLessThan(500)
        }
      }
    })

    test('what it does not take, or cannot read', async () => {
      const [type = ''] = types
      const strange = Object.fromEntries(Object.entries(golden(type)).map(([key, value]) => [key, typeof value === 'string' ? `${value}\0` : value]))
      expectProblem(await send(name, headOf('NameReleased'), golden('NameReleased')), 422, 'EVENT_NOT_TAKEN')
      expectProblem(await send(name, headOf('__proto__'), {}), 422, 'EVENT_NOT_TAKEN')
      expectProblem(await send(name, { ...headOf(type), version: 99 }, golden(type)), 422, 'UNKNOWN_EVENT')
      for (const data of [null, [], 7, {}, { ...golden(type), more: 1 }]) expectProblem(await send(name, headOf(type), data), 422, 'MALFORMED_EVENT')
      for (const data of ['', '{', '{}{}', '\ufeff{}']) expectProblem(await send(name, headOf(type), data), 400, 'MALFORMED_JSON')
      expect((await send(name, headOf(type), strange)).status).toBeLessThan(500)
    })
  })

  test('all that ever happened, delivered again: newest first, oldest first, and each ten times at once', async () => {
    const manager = await jetstreamManager(nats())
    const { state } = await manager.streams.info(STREAM.events)
    const stored = await Promise.all(Array.from({ length: state.last_seq }, (_, index) => manager.streams.getMessage(STREAM.events, { seq: index + 1 }).catch(() => null)))
    const events = stored.flatMap((message) => (message ? [decodeMessage(fromStored(message))] : []))
    const deliveries = events.flatMap(({ data, ...head }) => FUNCTIONS.filter(({ types }) => types.includes(head.type)).map(({ name }) => () => send(name, { ...head, attempt: 1 }, data)))
    expect(deliveries.length).toBeGreaterThan(10)
    for (const order of [deliveries.toReversed(), deliveries]) for (const deliver of order) expect((await deliver()).status).toBeLessThan(500)
    for (const deliver of deliveries) for (const status of await statusesOf(Array.from({ length: 10 }, deliver))) expect(status).toBeLessThan(500)
  })

  afterAll(async () => {
    const events = []
    for await (const event of (await jetStreamEventStore({ nc: nats() })).readAll()) events.push(event)
    expect(brokenHistories(events)).toEqual([])
  })
}
