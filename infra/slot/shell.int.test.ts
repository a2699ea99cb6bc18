import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { CLAIM_HEADER, claimHeader } from '../claim-secret.ts'
import { connectControl, type Control } from './control-client.ts'
import { openClaim } from './open-claim.ts'
import type { Claim } from './port.ts'
import { runShell, type Shell } from './shell.ts'
import { testApplication } from './testing/application.ts'

const header = claimHeader('key', 'demo-3')
const storage = { endpoint: 'http://127.0.0.1:1', region: 'r', bucket: 'b', prefix: 'demo/', accessKeyId: 'first', secretAccessKey: 's', sessionToken: 't', expiresAt: '2030-01-01T00:00:00Z' }
const claim: Claim = { claimId: 'demo-3', deploymentId: 'demo', epoch: 3, name: 'demo', baseUrl: 'http://demo.test', storage, ...openClaim() }

let folder: string
let port: number
let leave: Shell['leave']
let control: Control
let exit = vi.fn()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-slot-'))
  exit = vi.fn() // one that was deposed exits a while later
  ;({ port, leave } = await runShell(testApplication(), { host: '127.0.0.1', control: join(folder, 'control'), exit }))
  control = await connectControl(join(folder, 'control'))
})
afterEach(() => {
  control.close()
  rmSync(folder, { recursive: true })
})

const claimed = (leaseMs = 30_000, name = 'demo') => control.tell({ verb: 'claim', claim: { ...claim, name }, header, leaseUntil: Date.now() + leaseMs })

const send = (path = '/', { agent, headers = { [CLAIM_HEADER]: header } }: { agent?: Agent; headers?: Record<string, string> } = {}) =>
  new Promise<{ status: number; body: { code?: string; key?: string; renewals?: number } }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: agent ?? false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) })
    })
    request.once('error', reject).end()
  })

test('nobody is served before the claim, and only its own header after', async () => {
  expect(await send()).toMatchObject({ status: 503, body: { code: 'SLOT_UNAVAILABLE' } })
  await claimed()
  expect(await send()).toMatchObject({ status: 200, body: { claimId: 'demo-3' } })
  expect(await send('/', { headers: {} })).toMatchObject({ status: 421, body: { code: 'MISDIRECTED' } })
  expect(await send('/', { headers: { [CLAIM_HEADER]: claimHeader('key', 'demo-4') } })).toMatchObject({ status: 421 })
  expect(await send('/', { headers: { [CLAIM_HEADER]: `${header}x` } })).toMatchObject({ status: 421 })
})

test('claiming twice is claiming once; another claim is refused', async () => {
  const [one, two] = await Promise.all([claimed(), claimed()])
  expect(one).toEqual(two)
  await expect(control.tell({ verb: 'claim', claim: { ...claim, claimId: 'demo-4', epoch: 4 }, header, leaseUntil: Date.now() + 1_000 })).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
})

test('a claim that cannot attach is refused and serves nobody', async () => {
  await expect(claimed(1_000, 'refused')).rejects.toThrow('the record is not to be had')
  expect(await send()).toMatchObject({ status: 503 })
})

test('a claim whose record a later one has is superseded', async () => {
  await expect(claimed(1_000, 'superseded')).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
})

test('the end of its lease ends its answers, also of a request in the middle; a renewal begins them again', async () => {
  await claimed(150)
  await expect(send('/slow')).rejects.toThrow() // its lease ends while it works: no answer
  expect(await send()).toMatchObject({ status: 503, body: { code: 'SLOT_UNAVAILABLE' } })
  await control.tell({ verb: 'confirm', leaseUntil: Date.now() + 5_000 })
  expect(await send()).toMatchObject({ status: 200 })
})

test('a stop of its clock longer than the lease leaves no old answer', async () => {
  await claimed(300)
  await expect(send('/stall')).rejects.toThrow()
})

test('fresh credentials reach the application', async () => {
  await claimed()
  await control.tell({ verb: 'confirm', leaseUntil: Date.now() + 5_000, storage: { ...storage, accessKeyId: 'second' } })
  expect(await send()).toMatchObject({ body: { key: 'second', renewals: 1 } })
})

test('it is busy while a request is in flight', async () => {
  await claimed()
  const slow = send('/slow')
  await vi.waitFor(async () => expect((await control.tell({ verb: 'status' })).inFlight).toBe(1))
  expect(await control.quiesce()).toEqual({ state: 'busy', reason: '1 requests are in flight' })
  expect(await slow).toMatchObject({ status: 200 })
  await vi.waitFor(async () => expect(await control.quiesce()).toMatchObject({ state: 'quiet', dueAt: null }))
})

test('it is busy while a WebSocket is open', async () => {
  await claimed()
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { [CLAIM_HEADER]: header } })
  await new Promise((resolve) => socket.once('open', resolve))
  expect(await control.quiesce()).toMatchObject({ state: 'busy' })
  socket.terminate()
  await vi.waitFor(async () => expect(await control.quiesce()).toMatchObject({ state: 'quiet' }))
})

test('it is busy when the application says so, and tells what it owes', async () => {
  await claimed(5_000, 'working')
  expect(await control.quiesce()).toEqual({ state: 'busy', reason: 'it works' })
  expect(await send()).toMatchObject({ status: 200 })
})

test('what comes while it is quiet waits unread and is answered after the resume, on old connections and new', async () => {
  await claimed()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await send('/', { agent })
  expect(await control.quiesce()).toMatchObject({ state: 'quiet', dueAt: null })
  expect(await control.quiesce()).toMatchObject({ state: 'quiet', dueAt: null })
  const answers: number[] = []
  const waiting = [send('/', { agent }), send()].map((answer) => answer.then(({ status }) => answers.push(status)))
  await sleep(100)
  expect(answers).toEqual([])
  expect(await control.tell({ verb: 'status' })).toMatchObject({ state: 'quiet', inFlight: 0 })
  expect(await control.tell({ verb: 'resume', epoch: 3, leaseUntil: Date.now() + 5_000, storage })).toMatchObject({ state: 'serving' })
  await Promise.all(waiting)
  expect(answers).toEqual([200, 200])
  agent.destroy()
})

test('a resume for another epoch is refused', async () => {
  await claimed()
  await control.quiesce()
  await expect(control.tell({ verb: 'resume', epoch: 2, leaseUntil: Date.now() + 5_000 })).rejects.toMatchObject({ code: 'CLAIM_SUPERSEDED' })
})

test('a quiet slot whose agent is gone serves on under its lease', async () => {
  await claimed()
  await control.quiesce()
  control.close()
  expect(await send()).toMatchObject({ status: 200 })
})

test('half a request is no request: the rest is answered after the resume', async () => {
  await claimed()
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${CLAIM_HEADER}: ${header}\r\n`)
  await sleep(30)
  expect(await control.quiesce()).toMatchObject({ state: 'quiet' })
  socket.write('\r\n')
  await sleep(50)
  expect((await control.tell({ verb: 'status' })).inFlight).toBe(0)
  const answered = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
  await control.tell({ verb: 'resume', epoch: 3, leaseUntil: Date.now() + 5_000 })
  expect(await answered).toContain('200 OK')
  socket.destroy()
})

test('when a later claim took the record it answers nobody and exits', async () => {
  await claimed()
  await expect(send('/depose')).rejects.toThrow() // not even the one that found out is answered as if nothing were
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(3), 2_000)
})

test('that it was deposed it may say itself', async () => {
  await claimed()
  expect(await send('/depose-and-say-so')).toMatchObject({ status: 503 })
})

test('asked to end, it answers what is in flight, takes nobody else, and exits in order', async () => {
  await claimed()
  const slow = send('/slow')
  await vi.waitFor(async () => expect((await control.tell({ verb: 'status' })).inFlight).toBe(1))
  leave()
  await vi.waitFor(() => expect(send()).rejects.toThrow('ECONNREFUSED'))
  expect(exit).not.toHaveBeenCalled()
  expect(await slow).toMatchObject({ status: 200 })
  await vi.waitFor(() => expect(exit.mock.calls).toEqual([[0]]), 10_000)
})

test('asked to end while it sleeps, it first answers who waits, on old connections and new', async () => {
  await claimed()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await send('/', { agent })
  expect(await control.quiesce()).toMatchObject({ state: 'quiet' })
  const waiting = [send('/', { agent }), send()]
  await sleep(100) // they are in the kernel's queues
  leave()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  await vi.waitFor(() => expect(exit.mock.calls).toEqual([[0]]), 10_000)
  agent.destroy()
})

test('a spare that is asked to end just ends', async () => {
  leave()
  await vi.waitFor(() => expect(exit.mock.calls).toEqual([[0]]), 10_000)
})
