import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ParkedEvent } from '../../events/parked/events.ts'
import { holdsRefusedText } from '../../events/text.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { EventStore } from '../event-store/port.ts'
import { randomId } from '../ids.ts'
import { natsPayloads } from '../letters/jetstream.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { connectNats } from './connect.ts'
import { fromStored } from './direct.ts'
import { consumerGroup } from './group.ts'
import { park, PARKED } from './park.ts'
import { ensureStreams } from './streams.ts'
import { STREAM } from './subjects.ts'
import { wireHeaders, type StreamMessage } from './wire.ts'

process.env['LOG_LEVEL'] = 'silent'

let nats: NatsServer
let nc: NatsConnection
let store: EventStore
beforeAll(async () => {
  nats = await startNats({ syncAlways: false })
  nc = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: nats.folder }, 'test')
  await ensureStreams(nc)
  store = await jetStreamEventStore({ nc })
})
afterAll(async () => {
  await nc.close()
  await nats.stop()
})

const messageAt = async (seq: number): Promise<StreamMessage> => fromStored((await (await jetstreamManager(nc)).streams.getMessage(STREAM.events, { seq })) as StoredMsg)
/** A message as it lies in EVENTS. */
const stored = async (to: string, data: unknown, fields: Readonly<Record<string, string>> = {}): Promise<StreamMessage> => {
  const all = headers()
  for (const [name, value] of Object.entries(fields)) all.set(name, value)
  return messageAt((await jetstream(nc).publish(to, typeof data === 'string' ? data : JSON.stringify(data), { headers: all })).seq)
}
const event = (deploymentId: string): Promise<StreamMessage> =>
  stored(`events.deployment.${deploymentId}`, { deploymentId }, Object.fromEntries(wireHeaders({
    id: `e-${deploymentId}`, type: 'ClaimRequested', version: 1, metadata: { correlationId: 'the-story', actor: 'operator' }, data: {}, revision: 3,
  })))
const lettersOf = async (group: string) => {
  const { state } = await (await jetstreamManager(nc)).streams.info(STREAM.parked, { subjects_filter: `parked.${group}.>` })
  return Object.keys(state.subjects ?? {})
}
const historyOf = (letterId: string) => store.read<ParkedEvent>(`parked.${letterId}`)

test('a letter is its payload with all that was said of it, and a history that begins', async () => {
  const [group, deploymentId] = [`g-${randomId()}`, randomId()]
  const message = await event(deploymentId)
  const letterId = await park(nc, { group, stream: STREAM.events, message, reason: ' 503\nNO_SLOT_FREE ', attempts: 8 })
  const subject = `parked.${group}.deployment.${deploymentId}.${letterId}`
  expect(await lettersOf(group)).toEqual([subject])
  const letter = await (await jetstreamManager(nc)).streams.getMessage(STREAM.parked, { last_by_subj: `parked.*.*.*.${letterId}` })
  expect(letter?.json()).toEqual({ deploymentId })
  expect(Object.fromEntries(Object.values(PARKED).map((name) => [name, letter?.header.get(name)]))).toEqual({
    'Parked-Letter': letterId, 'Parked-Group': group, 'Parked-Stream': 'EVENTS', 'Parked-Subject': `events.deployment.${deploymentId}`, 'Parked-Sequence': String(message.sequence),
    'Parked-At': message.at, 'Parked-Reason': '503 NO_SLOT_FREE', 'Parked-Attempts': '8',
  })
  expect([letter?.header.get('Event-Id'), letter?.header.get('Event-Revision')]).toEqual([`e-${deploymentId}`, '3'])
  expect(await historyOf(letterId)).toMatchObject([{
    type: 'EventParked', revision: 0, metadata: { correlationId: 'the-story', causationId: `e-${deploymentId}`, actor: `group:${group}` },
    data: {
      letterId, group, stream: 'EVENTS', subject: `events.deployment.${deploymentId}`, sequence: message.sequence, eventId: `e-${deploymentId}`, eventType: 'ClaimRequested',
      deploymentId, reason: '503 NO_SLOT_FREE', attempts: 8, at: expect.any(String),
    },
  }])
})

test('parking twice is one letter, at the same moment or much later, whatever the reason then', async () => {
  const group = `g-${randomId()}`
  const message = await event(randomId())
  const ids = await Promise.all([1, 2, 3].map((attempts) => park(nc, { group, stream: STREAM.events, message, reason: `reason ${attempts}`, attempts })))
  expect(new Set(ids).size).toBe(1)
  expect(await park(nc, { group, stream: STREAM.events, message: await messageAt(message.sequence), reason: 'later', attempts: 9 })).toBe(ids[0])
  expect([await lettersOf(group), await historyOf(ids[0] ?? '')]).toEqual([[expect.any(String)], [expect.objectContaining({ type: 'EventParked' })]])
})

test('after a crash between the two steps the second one follows, and the first is not done again', async () => {
  const group = `g-${randomId()}`
  const message = await event(randomId())
  // the payload is kept, then the process is gone: the history cannot be begun while events are refused
  const manager = await jetstreamManager(nc)
  await manager.streams.update(STREAM.events, { max_msgs: (await manager.streams.info(STREAM.events)).state.messages })
  await expect(park(nc, { group, stream: STREAM.events, message, reason: 'no', attempts: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await lettersOf(group)).toHaveLength(1)
  await manager.streams.update(STREAM.events, { max_msgs: -1 })
  const letterId = await park(nc, { group, stream: STREAM.events, message, reason: 'no', attempts: 1 })
  expect([await lettersOf(group), await historyOf(letterId)]).toEqual([[expect.any(String)], [expect.objectContaining({ type: 'EventParked' })]])
})

test('each group has a letter of its own', async () => {
  const message = await event(randomId())
  const ids = await Promise.all(['one', 'two'].map((group) => park(nc, { group, stream: STREAM.events, message, reason: 'no', attempts: 1 })))
  expect(new Set(ids).size).toBe(2)
})

test('what is no event at all has a letter that says so', async () => {
  const message = await stored('events.deployment.x', 'not JSON')
  const letterId = await park(nc, { group: 'g', stream: STREAM.events, message, reason: `\0${'x'.repeat(998)}\n${'✈️😀'.repeat(50)}`, attempts: 0 })
  expect(await historyOf(letterId)).toMatchObject([{ data: { eventId: null, eventType: null, deploymentId: null, reason: expect.stringMatching(/^x{998} ./u), attempts: 0 }, metadata: { correlationId: letterId } }])
})

test.each(['n\0l', 'ü', 'a*'])('what came by a subject that this client would not publish is a letter too: %j', async (id) => {
  const group = `g-${randomId()}`
  const message = await stored(`events.deployment.${id}`, 'x')
  const letterId = await park(nc, { group, stream: STREAM.events, message, reason: 'odd', attempts: 1 })
  const [began] = await historyOf(letterId)
  expect(holdsRefusedText(began)).toBe(false)
  if (began?.type !== 'EventParked') throw new Error('it has no history')
  expect((await (await natsPayloads(nc)).read({ letterId, group, subject: began.data.subject }))?.data.byteLength).toBe(1)
})

test.each([['data', 1_048_000, 0], ['headers', 0, 60_000]])('what is as large as the broker takes, by its %s, is a letter too', async (_, bytes, headerBytes) => {
  const group = `g-${randomId()}`
  const message = await stored('events.deployment.large', 'x'.repeat(bytes), headerBytes ? { 'Event-Id': 'e', 'Event-Metadata': 'y'.repeat(headerBytes) } : {})
  const letterId = await park(nc, { group, stream: STREAM.events, message, reason: 'too large', attempts: 1 })
  const [began] = await historyOf(letterId)
  expect(began?.data).toMatchObject({ letterId, reason: 'too large' })
  const payload = await (await natsPayloads(nc)).read({ letterId, group, subject: 'events.deployment.large' })
  expect([payload?.data.byteLength, payload?.sequence, payload?.header('Event-Metadata')?.length ?? 0]).toEqual([bytes, message.sequence, headerBytes])
})

describe('what happened to a letter', () => {
  test('is parked without a history of its own: that would go round in circles', async () => {
    const group = `g-${randomId()}`
    const message = await stored('events.parked.some', { letterId: 'some' })
    const letterId = await park(nc, { group, stream: STREAM.events, message, reason: 'no', attempts: 1 })
    expect([await lettersOf(group), await historyOf(letterId)]).toEqual([[expect.any(String)], []])
  })
})

test('a group parks what its handler gives up, and goes on behind it', async () => {
  const [group, deploymentId] = [`g-${randomId()}`, randomId()]
  const seen: number[] = []
  const reading = await consumerGroup(nc, { stream: STREAM.events, group, subjects: [`events.deployment.${deploymentId}`] }, async ({ sequence }) => {
    seen.push(sequence)
    return seen.length === 1 ? { verdict: 'park', reason: 'never' } : { verdict: 'ack' }
  })
  await event(deploymentId)
  await event(deploymentId)
  await vi.waitFor(() => expect(seen).toHaveLength(2), { timeout: 30_000 })
  const [subject = ''] = await lettersOf(group)
  expect(await historyOf(subject.slice(subject.lastIndexOf('.') + 1))).toMatchObject([{ data: { group, deploymentId, reason: 'never', attempts: 1 } }])
  await reading.close()
})
