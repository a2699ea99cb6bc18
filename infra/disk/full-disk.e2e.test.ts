import { get, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { startPlayground, type Playground } from '../local/playground.ts'
import { isAlive } from '../local/processes.ts'
import { readRunFiles } from '../local/run-files.ts'
import { maySmallDisk, smallDisk, type SmallDisk } from '../testing/small-disk.ts'
import { FRESH_MS } from './room.ts'

const possible = maySmallDisk()
const MB = 1024 ** 2
/** Of this a twentieth is kept: 32 MB; below 8 MB nothing is stored. */
const DISK_MB = 640

let disk: SmallDisk | undefined
let playground: Playground | undefined
afterEach(async () => {
  if (playground && isAlive(playground)) await playground.stop()
  disk?.unmount()
})

type Reply = { readonly status: number; readonly type: string; readonly retryAfter: string | undefined; readonly location: string | undefined; readonly body: Readonly<Record<string, unknown>> }

const within = { timeout: 60_000, interval: 100 }

describe.skipIf(!possible)('the disk of a playground', () => {
  it('runs full and is emptied: what is new is refused, what exists is read and wakes, nothing that was accepted is lost', async () => {
    disk = smallDisk(DISK_MB)
    const dataDir = join(disk.folder, 'data')
    const here = (playground = await startPlayground({ dataDir, env: { SPARE_SLOTS: '3' } }))

    const api = (method: string, path: string, body?: object): Promise<Reply> =>
      send(here.httpPort, method, `/api/deployments${path}`, { host: 'localhost', authorization: `Bearer ${here.token}`, 'content-type': 'application/json' }, body)
    const at = (name: string, method: string, path: string, body?: object): Promise<Reply> =>
      send(here.httpPort, method, path, { host: `${name}.${here.deploymentsDomain}`, 'content-type': 'application/ld+json' }, body)
    const create = async (name: string): Promise<string> => {
      const { status, body } = await api('POST', '', { name, settings: { open: true } })
      expect(status).toBe(202)
      await expect.poll(() => at(name, 'GET', '/').then((reply) => reply.status), within).toBe(200)
      return String(body['id'])
    }
    const until = async (id: string, status: string) => {
      await expect.poll(() => api('GET', `/${id}`).then(({ body }) => body['status']), within).toBe(status)
    }
    const asleep = async (id: string, command: 'pause' | 'hibernate', status: string) => {
      await expect.poll(() => api('POST', `/${id}/${command}`).then((reply) => reply.status), within).toBe(202)
      await until(id, status)
    }
    const object = { '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece' }
    const write = (name: string) => at(name, 'POST', '/logistics-objects', object)
    const kill = (name: string) => {
      const run = readRunFiles(dataDir).find(({ part }) => part === name)
      if (run && isAlive(run)) process.kill(run.pid, 'SIGKILL') // else the full disk was first
    }
    const stored: string[] = []
    const accepted = async (name: string): Promise<number> => {
      const { status, location } = await write(name)
      if (status === 201 && location !== undefined) stored.push(new URL(location).pathname)
      return status
    }

    const ids = { awake: await create('awake'), sleeper: await create('sleeper'), away: await create('away'), victim: await create('victim') }
    expect(await accepted('awake')).toBe(201)
    await asleep(ids.sleeper, 'pause', 'paused')
    await asleep(ids.away, 'hibernate', 'hibernated')

    // scarce: the reserve is for what exists
    disk.fill(28 * MB) // PostgreSQL may take another 16 for its log
    await sleep(2 * FRESH_MS) // until everybody has to look again
    const refused = await api('POST', '', { name: 'late' })
    expect(refused).toMatchObject({ status: 507, type: 'application/problem+json', retryAfter: '5', body: { code: 'STORAGE_FULL' } })
    expect((await at('sleeper', 'GET', '/')).status).toBe(200)
    await until(ids.sleeper, 'running')
    expect((await at('away', 'GET', '/')).status).toBe(200)
    await until(ids.away, 'running')
    expect((await api('DELETE', `/${ids.victim}`)).status).toBe(202)
    await asleep(ids.sleeper, 'pause', 'paused')

    // none: nothing more goes on it
    disk.fill(0)
    await sleep(2 * FRESH_MS)
    expect(await api('POST', '', { name: 'late' })).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } })
    expect(await api('POST', `/${ids.awake}/pause`)).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } })
    expect(await write('awake')).toMatchObject({ status: 507, type: expect.stringContaining('application/ld+json'), retryAfter: '5', body: { '@type': 'api:Error' } })
    for (const path of stored) expect((await at('awake', 'GET', path)).status).toBe(200)
    expect((await api('GET', `/${ids.sleeper}`)).status).toBe(200)
    for (let visitor = 0; visitor < 3; visitor += 1) expect((await at('sleeper', 'GET', '/')).status).toBe(200)
    // what dies meanwhile cannot be started, and is tried until it can
    for (const part of ['postgres', 'projector']) kill(part)
    expect((await at('sleeper', 'GET', '/')).status).toBe(200)
    kill('nats-server')

    // and there is room again: all of it heals by itself
    disk.clear()
    await expect.poll(() => accepted('awake'), within).toBe(201)
    await expect.poll(() => api('POST', '', { name: 'late', settings: { open: true } }).then(({ status }) => status), within).toBe(202)
    await expect.poll(() => at('late', 'GET', '/').then(({ status }) => status), within).toBe(200)
    await until(ids.sleeper, 'running') // as it was since its visitors came
    await until(ids.victim, 'deleted')
    for (const path of stored) expect((await at('awake', 'GET', path)).status).toBe(200)
    await expect.poll(async () => (await api('GET', '?limit=50')).body['items'], within).toHaveLength(4)
    expect(isAlive(here)).toBe(true)
  }, 240_000)
})

/** A request to the edge's address, with the host of whom it is for. */
const send = (port: number, method: string, path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const outgoing = (method === 'GET' ? get : request)({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }) }, agent: false, timeout: 40_000 }, (answer) => {
      let received = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (received += chunk)).once('error', reject).once('end', () => {
        const { 'content-type': type = '', 'retry-after': retryAfter, location } = answer.headers
        resolve({ status: answer.statusCode ?? 0, type, retryAfter, location, body: received.startsWith('{') ? (JSON.parse(received) as Record<string, unknown>) : {} })
      })
    })
    outgoing.once('error', reject).once('timeout', () => outgoing.destroy(new Error('nothing came')))
    outgoing.end(text)
  })
