import { request, type ClientRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client } from './testing/client.ts'
import { example } from './testing/examples.ts'
import { type Served } from './testing/serve.ts'
import { startServed, type ServedOnStore } from './testing/served.ts'

let on: ServedOnStore
let server: Served
beforeAll(async () => {
  on = await startServed()
  ;({ server } = on)
})
afterAll(() => on.stop())

/** Says that a megabyte comes, sends nearly all of it, and waits. */
const slowly = (): ClientRequest => {
  const outgoing = request(`${server.address}/logistics-objects`, { method: 'POST', agent: false, headers: { 'content-type': 'application/ld+json', 'content-length': 1024 * 1024 } })
  outgoing.on('error', () => {}) // refused, or cut off at the end
  outgoing.write(' '.repeat(1_000_000))
  return outgoing
}

test('bodies that would not fit into the slot\'s memory all together are refused; reading goes on, and writing when they are gone', async () => {
  const api = client(server)
  const crowd = Array.from({ length: 40 }, slowly)
  const piece = JSON.stringify(example('Piece')).padEnd(1_040_000) // more than the smallest place that may be left
  // of those that come in at once more may be refused than had to be: until there is no place, one more comes with each try
  const refused = () => {
    crowd.push(slowly())
    return api.post(piece).then(async (answer) => [answer.status, answer.headers.get('retry-after'), ((await answer.json()) as Record<string, unknown>)['@type']], () => 'cut off')
  }
  await expect.poll(refused, { timeout: 20_000 }).toEqual([503, '1', 'api:Error'])
  expect((await api.get('/')).status).toBe(200)
  crowd.forEach((one) => one.destroy())
  await expect.poll(() => api.post(example('Piece')).then(({ status }) => status), { timeout: 20_000 }).toBe(201)
}, 60_000)
