import { afterAll, beforeAll, expect, test } from 'vitest'
import { API } from '../namespaces.ts'
import { inboxOf, piece, startTown, type Neighbour, type Town } from './testing/town.ts'

let town: Town
/** A sends, B has the inbox. */
let a: Neighbour
let b: Neighbour
beforeAll(async () => {
  town = await startTown()
  a = await town.neighbour('a')
  b = await town.neighbour('b')
})
afterAll(() => town.stop())

const notification = (object: string, eventType = 'LOGISTICS_OBJECT_UPDATED') => ({
  '@context': { api: API }, '@type': 'api:Notification', 'api:hasEventType': { '@id': `api:${eventType}` }, 'api:hasLogisticsObject': { '@id': `https://a.test/logistics-objects/${object}` },
})
const notify = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => (await a.ask('POST', `${b.base}/notifications`, body, headers)).status
const heard = async (object: string) => (await inboxOf(b)).filter((item) => item.object?.endsWith(`/${object}`))

test('under one key a notification is taken once, also when it was read; another sender\'s key is another', async () => {
  expect(await notify(notification('keyed'), { 'idempotency-key': '1' })).toBe(204)
  const [first] = await heard('keyed')
  expect(first).toMatchObject({ sender: a.holder, eventType: 'LOGISTICS_OBJECT_UPDATED', isRead: false })
  expect((await b.must('PATCH', `${b.base}/holder/inbox`, { ids: [first?.id, 'none'] })).json()).toEqual({ marked: 1 })
  expect(await notify(notification('keyed'), { 'idempotency-key': '1' })).toBe(204)
  expect(await heard('keyed')).toEqual([{ ...first, isRead: true }])
  expect(await notify(notification('keyed'), { 'idempotency-key': '2' })).toBe(204)
  await b.must('POST', `${b.base}/notifications`, notification('keyed'), { 'idempotency-key': '1' })
  expect(await heard('keyed')).toHaveLength(3)
})

test('without a key the same words are one notification until they were read', async () => {
  for (let time = 0; time < 3; time += 1) expect(await notify(notification('plain'))).toBe(204)
  const [first, ...more] = await heard('plain')
  expect(more).toEqual([])
  await b.must('PATCH', `${b.base}/holder/inbox`, { ids: [first?.id] })
  for (let time = 0; time < 3; time += 1) expect(await notify(notification('plain'))).toBe(204)
  expect((await heard('plain')).map(({ isRead }) => isRead)).toEqual([true, false])
  expect(await notify(notification('plain', 'LOGISTICS_OBJECT_CREATED'))).toBe(204)
  expect(await heard('plain')).toHaveLength(3)
})

test('many at the same time are all taken, and listed newest first, page by page', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => notify(notification(`many-${index}`), { 'idempotency-key': `many ${index}` })))
  expect(new Set(answers)).toEqual(new Set([204]))
  const page = (await b.must('GET', `${b.base}/holder/inbox?limit=25`)).json<{ items: readonly { receivedAt: string }[]; next: string }>()
  expect(page.items).toHaveLength(25)
  expect(page.items.map(({ receivedAt }) => receivedAt)).toEqual(page.items.map(({ receivedAt }) => receivedAt).toSorted().toReversed())
  const all = await inboxOf(b)
  expect(new Set(all.map(({ object }) => object)).size).toBeGreaterThanOrEqual(60)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
})

test.each<readonly [string, unknown, Readonly<Record<string, string>>, number]>([
  ['no token', notification('x'), { authorization: 'none' }, 401], ['no notification', { ...notification('x'), '@type': 'api:Change' }, {}, 400],
  ['an unknown event type', notification('x', 'SOMETHING_ELSE'), {}, 400], ['a key that is too long', notification('x'), { 'idempotency-key': 'k'.repeat(256) }, 400],
  ['another type of body', notification('x'), { 'content-type': 'text/plain' }, 415], ['a body that is too large', { ...notification('x'), 'api:hasDescription': 'x'.repeat(2 * 1024 * 1024) }, {}, 413],
])('%s is refused and leaves nothing', async (_name, body, headers, status) => {
  expect(await notify(body, headers)).toBe(status)
  expect(await heard('x')).toEqual([])
})

test('the inbox, the outbox and the dead letters are the holder\'s alone', async () => {
  for (const path of ['holder/inbox', 'holder/inbox/1', 'holder/outbox', 'holder/dead-letters', 'holder/connections', 'holder/wishes']) expect((await a.ask('GET', `${b.base}/${path}`)).status).toBe(403)
  for (const [method, path] of [['PATCH', 'holder/inbox'], ['POST', 'holder/dead-letters/replay'], ['POST', 'holder/dead-letters/discard'], ['POST', 'holder/outbox/retry'], ['POST', 'holder/announcements'], ['PUT', 'holder/connections']] as const) {
    expect((await a.ask(method, `${b.base}/${path}`, {})).status).toBe(403)
  }
})

test('the holder announces an object to whom may read it', async () => {
  const object = String((await b.must('POST', `${b.base}/logistics-objects`, piece())).headers['location'])
  expect((await b.ask('POST', `${b.base}/holder/announcements`, { object, to: [a.holder] })).status).toBe(422)
  await b.must('POST', `${b.base}/holder/grants`, { objects: [object], permissions: ['GET_LOGISTICS_OBJECT'], agent: a.holder })
  await b.must('POST', `${b.base}/holder/announcements`, { object, to: [a.holder] })
  await expect.poll(async () => (await inboxOf(a)).filter((item) => item.object === object).map(({ eventType }) => eventType), { timeout: 60_000, interval: 50 }).toEqual(['LOGISTICS_OBJECT_ACCESS_GRANTED', 'LOGISTICS_OBJECT_AVAILABLE'])
})
