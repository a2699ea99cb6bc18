import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { httpClient, operator, type Client } from '../demo/http.ts'
import { startPlayground, type Playground } from './playground.ts'
import { descendants, gone, isAlive } from './processes.ts'
import { readRunFiles } from './run-files.ts'

let dataDir: string
let envFile: string
let playground: Playground
let client: Client

// in place of the gateway for a while: one that speaks WebSocket, and answers when it is told to
let answerSlow: (() => void) | undefined
const stand = createServer((_: IncomingMessage, response: ServerResponse) => void (answerSlow = () => response.end('in the end')))
new WebSocketServer({ server: stand }).on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orp-reload-'))
  chmodSync(dataDir, 0o711)
  envFile = join(dataDir, 'settings')
  stand.listen(0, '127.0.0.1')
  await once(stand, 'listening')
  playground = await startPlayground({ dataDir, env: { ENV_FILE: envFile, SPARE_SLOTS: '1' } })
  client = httpClient({ keepAlive: false })
}, 120_000)
afterAll(async () => {
  client?.close()
  if (playground && isAlive(playground)) await playground.stop()
  stand.closeAllConnections()
  stand.close()
  await gone(readRunFiles(dataDir), 15_000)
  rmSync(dataDir, { recursive: true, force: true })
}, 60_000)

/** As a person runs it, after changing the file. */
const reload = async (settings: string): Promise<string> => {
  writeFileSync(envFile, settings)
  const command = fileURLToPath(new URL('reload.ts', import.meta.url))
  return (await promisify(execFile)(process.execPath, [command], { env: { ...process.env, DATA_DIR: dataDir, ENV_FILE: envFile } })).stdout
}
const ask = (path: string) => request({ host: '127.0.0.1', port: playground.httpPort, path, headers: { host: new URL(playground.urls.platform).hostname } })
const standIn = () => `GATEWAY_ADDRESSES=127.0.0.1:${(stand.address() as AddressInfo).port}\n`
const openSocket = async (): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${playground.httpPort}/function/echo`, { headers: { host: new URL(playground.urls.platform).hostname } })
  await once(socket, 'open')
  return socket
}
const textOf = async (answer: IncomingMessage): Promise<string> => Buffer.concat(await answer.toArray()).toString()

it('settings of the edge take effect in a running playground, without losing a request or a WebSocket', async () => {
  const { url } = await operator(client, playground.urls.platform, playground.tokenFile).call<{ url: string }>('POST', '/', { name: 'stays', settings: { open: true } })
  await expect.poll(async () => (await client.ask(url)).status, { timeout: 60_000 }).toBe(200)
  expect(await reload(standIn())).toContain('haproxy was reloaded')

  const socket = await openSocket()
  const slow = ask('/function/slow').end()
  await expect.poll(() => answerSlow !== undefined, { timeout: 30_000 }).toBe(true)

  let going = true
  const statuses = new Set<number>()
  const visitors = Array.from({ length: 3 }, async () => {
    while (going) statuses.add((await client.ask(url)).status)
  })
  expect(await reload('WAKES_PER_ADDRESS=77\nPAUSE_AFTER_SECONDS=61\n')).toBe('haproxy was reloaded\nPAUSE_AFTER_SECONDS was changed; only a start takes that\n')
  going = false
  await Promise.all(visitors)
  expect([...statuses]).toEqual([200])

  const echo = once(socket, 'message')
  socket.send('still here')
  expect(String((await echo)[0])).toBe('still here')
  answerSlow?.()
  const [answer] = (await once(slow, 'response')) as [IncomingMessage]
  expect(await textOf(answer)).toBe('in the end')
  // who comes now is served by the gateway again
  expect((await client.ask(`${playground.urls.platform}/api/deployments`)).status).toBe(401)
  expect(await reload('WAKES_PER_ADDRESS=77\nPAUSE_AFTER_SECONDS=61\n')).toContain('haproxy is as it is to be')
}, 180_000)

it('what cannot be is refused with its reason, and all goes on', async () => {
  await expect(reload('WAKES_PER_ADDRESS=many\n')).rejects.toThrow('WAKES_PER_ADDRESS')
  expect((await client.ask(playground.urls.platform)).status).toBe(200)
}, 60_000)

it('an edge that starts again with the settings of then does not undo a reload; an HAProxy that does has them as well', async () => {
  expect(await reload('WAKES_PER_ADDRESS=78\n')).toContain('haproxy was reloaded')
  for (const part of ['edge', 'haproxy']) {
    const pid = () => readRunFiles(dataDir).find((run) => run.part === part)?.pid
    const before = pid()
    if (before) process.kill(before, 'SIGKILL')
    await expect.poll(() => pid() ?? before, { timeout: 30_000 }).not.toBe(before)
    await expect.poll(async () => reload('WAKES_PER_ADDRESS=78\n').catch(String), { timeout: 60_000 }).toContain('haproxy is as it is to be')
  }
}, 180_000)

it('leaves no worker when it ends, one that still serves included', async () => {
  await reload(standIn())
  const closed = once(await openSocket(), 'close')
  await reload('WAKES_PER_ADDRESS=79\n')
  const noted = readRunFiles(dataDir)
  const workers = descendants(noted.filter(({ part }) => part === 'haproxy'))
  expect(workers.length).toBeGreaterThan(1)
  await playground.stop()
  await closed
  expect([...noted, ...workers].filter(isAlive)).toEqual([])
}, 90_000)
