import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectControl, type Control } from './control-client.ts'

// A slot runs what its visitors may have broken into: whatever it says on its control socket, its agent lives on.
let folder: string
let server: Server
let control: Control
let answer: (socket: Socket, id: number) => void
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orp-control-'))
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy()).on('data', (chunk: Buffer) => answer(socket, (JSON.parse(String(chunk)) as { id: number }).id))
  }).listen(join(folder, 'control'))
  await once(server, 'listening')
  control = await connectControl(join(folder, 'control'))
})
afterEach(() => {
  control.close()
  server.close()
  rmSync(folder, { recursive: true })
})

const STATUS = { state: 'serving', port: 2_000, claim: null, credentialsUntil: null, dueAt: null, inFlight: 0, report: null }
const say = (text: string | Buffer) => (socket: Socket) => void socket.write(text)

test.each<readonly [string, (socket: Socket, id: number) => void, RegExp]>([
  ['no JSON', say('hello\n'), /no JSON/], ['bytes', say(Buffer.from([0xff, 0x00, 0x0a])), /no JSON/], ['another shape', say('[]\n'), /no answer/], ['null', say('null\n'), /no answer/],
  ['a line without an end', say('x'.repeat(200_000)), /a line of more than/], ['a deep nest', say(`${'['.repeat(60_000)}\n`), /no JSON/],
])('one that says %s is cut off, and says no more', async (_, lie, reason) => {
  answer = lie
  await expect(control.tell({ verb: 'status' })).rejects.toThrow('the slot has gone')
  expect(await control.ended).toMatch(reason)
  await expect(control.quiesce()).rejects.toThrow('the slot has gone')
})

test.each<readonly [string, object]>([
  ['a port that is none', { ...STATUS, port: 70_000 }], ['a time that is none', { ...STATUS, dueAt: 'soon' }], ['an unknown state', { ...STATUS, state: 'happy' }], ['nothing', {}],
])('a status with %s is refused, and the next one is heard', async (_, status) => {
  answer = (socket, id) => void socket.write(`${JSON.stringify({ id, ok: true, ...status })}\n`)
  await expect(control.tell({ verb: 'status' })).rejects.toThrow()
  answer = (socket, id) => void socket.write(`${JSON.stringify({ id: 99, ok: true })}\n${JSON.stringify({ id, ok: true, ...STATUS })}\n${JSON.stringify({ id, ok: true, ...STATUS })}\n`)
  expect(await control.tell({ verb: 'status' })).toMatchObject(STATUS)
})

test.each(['toString', '__proto__', 'INTERNAL', 'NOT_A_CODE'])('a refusal by the code %s is an error like any other', async (code) => {
  answer = (socket, id) => void socket.write(`${JSON.stringify({ id, ok: false, code, details: { reason: 'so' } })}\n`)
  await expect(control.tell({ verb: 'status' })).rejects.toThrow('the slot: so')
})
