import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { binary } from '../local/binaries.ts'
import { prepareUnlessRunning } from './haproxy.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-pair-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const configFile = () => join(folder, 'edge/haproxy.cfg')
const config = () => readConfig({
  DATA_DIR: folder, EDGE_SOCKET: join(folder, 'edge/haproxy.sock'), WAKER_SOCKET: join(folder, 'edge/waker.sock'), GATEWAY_ADDRESSES: 'gateway:8082,10.0.0.7:8082', BIND_ADDRESS: '0.0.0.0',
})

test('the first configuration is one that HAProxy takes: the waker by its socket, gateways by name as many as there are', async () => {
  await prepareUnlessRunning(config())
  await promisify(execFile)(binary('haproxy'), ['-c', '-f', configFile()])
  const text = readFileSync(configFile(), 'utf8')
  expect(text.match(/unix@\S+\/edge\/waker\.sock/g)).toHaveLength(3)
  expect(text).toMatch(/server-template gateway-1- 16 gateway:8082 resolvers system init-addr none check/)
  expect(text).toMatch(/server gateway-2 10\.0\.0\.7:8082\n/)
})

test('one that runs is left alone; what one that ended has left is made anew', async () => {
  await prepareUnlessRunning(config())
  writeFileSync(configFile(), 'of the one that runs')
  const running = createServer((socket) => void socket.destroy()).listen(config().EDGE_SOCKET)
  await once(running, 'listening')
  await prepareUnlessRunning(config())
  expect(readFileSync(configFile(), 'utf8')).toBe('of the one that runs')
  running.close()
  await once(running, 'close')
  await prepareUnlessRunning(config())
  expect(readFileSync(configFile(), 'utf8')).toContain('frontend edge')
})
