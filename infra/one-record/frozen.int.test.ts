import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { CLAIM_HEADER } from '../claim-secret.ts'
import { randomId } from '../ids.ts'
import { connectControl, type Control } from '../slot/control-client.ts'
import { READY_FD } from '../slot/start.ts'
import { end, type MinioServer } from '../testing/servers.ts'
import { example } from './testing/examples.ts'
import { claimOn, startStore } from './testing/store.ts'

let minio: MinioServer
beforeAll(async () => { minio = await startStore() })
afterAll(() => minio.stop())

type Slot = { readonly child: ChildProcess; readonly control: Control; readonly url: string; readonly exited: Promise<unknown> }
let folder: string
let slots: Slot[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orp-frozen-'))
  slots = []
})
afterEach(async () => {
  for (const { child, control } of slots) {
    control.close()
    if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGKILL')
  }
  rmSync(folder, { recursive: true })
})

const HEADER = 'the-header'
/** Exit code and signal of a slot that lost its record: not 0, so that a cluster replaces it (docs/decisions/0039). */
const DEPOSED = [3, null]

/** A slot as an agent starts it, before anybody claims it. */
const startSlot = async (): Promise<Slot> => {
  const socket = join(folder, String(slots.length))
  const child = spawn(process.execPath, [join(import.meta.dirname, '../slot/main.ts')], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], env: { ...process.env, SLOT_CONTROL: socket, SLOT_HOST: '127.0.0.1' } })
  const exited = once(child, 'exit')
  const [ready] = (await once(child.stdio[READY_FD] as Readable, 'data')) as [Buffer]
  const slot = { child, exited, control: await connectControl(socket), url: `http://127.0.0.1:${(JSON.parse(String(ready)) as { port: number }).port}` }
  slots.push(slot)
  return slot
}
const claim = (slot: Slot, prefix: string, epoch: number) =>
  slot.control.tell({ verb: 'claim', claim: claimOn(minio, { prefix, epoch }), header: HEADER, leaseUntil: Date.now() + 600_000 })
const headers = { [CLAIM_HEADER]: HEADER, 'content-type': 'application/ld+json' }
const post = (slot: Slot) => fetch(`${slot.url}/logistics-objects`, { method: 'POST', headers, body: JSON.stringify(example('Piece')) })
const get = (slot: Slot, location: string) => fetch(slot.url + new URL(location).pathname, { headers })

test('a slot that was frozen while another took its record is deposed at its next commit after the thaw: it writes nothing and exits', async () => {
  const prefix = `${randomId()}/`
  const [older, newer] = [await startSlot(), await startSlot()]
  await claim(older, prefix, 1)
  const before = await post(older)
  expect(before.status).toBe(201)
  const first = before.headers.get('location') ?? ''

  older.child.kill('SIGSTOP')
  await claim(newer, prefix, 2)
  const meanwhile = await post(newer)
  expect(meanwhile.status).toBe(201)

  older.child.kill('SIGCONT')
  const late = await post(older)
  expect(late.status).toBe(503)
  expect(await older.exited).toEqual(DEPOSED)
  await expect(get(older, first)).rejects.toThrow()

  expect((await get(newer, first)).status).toBe(200)
  expect((await get(newer, meanwhile.headers.get('location') ?? '')).status).toBe(200)
  expect((await post(newer)).status).toBe(201)
}, 120_000)

test('a slot frozen in the middle of its writes has each of them in the log or answers none of it', async () => {
  const prefix = `${randomId()}/`
  const [older, newer] = [await startSlot(), await startSlot()]
  await claim(older, prefix, 1)
  let frozen = false
  const writers = Array.from({ length: 8 }, async () => {
    const made: string[] = []
    for (;;) {
      const answer = await post(older).catch(() => null)
      if (answer?.status !== 201) return made
      made.push(answer.headers.get('location') ?? '')
      if (made.length === 5 && !frozen) {
        frozen = true
        older.child.kill('SIGSTOP')
        await claim(newer, prefix, 2)
        older.child.kill('SIGCONT')
      }
    }
  })
  const made = (await Promise.all(writers)).flat()
  expect(await older.exited).toEqual(DEPOSED)
  expect(made.length).toBeGreaterThanOrEqual(5)
  for (const location of made) expect((await get(newer, location)).status, location).toBe(200)
}, 120_000)
