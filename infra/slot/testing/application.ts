import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Application, Claim } from '../port.ts'

/** So long after its claim the work of one that owes some is due. */
const OWED_AFTER_MS = 2_000

/**
 * The smallest application that shows what a shell must do; for tests of shell and agent. `/` says whose it is, `/slow` takes a
 * second, `/depose` loses the record, `/stall` stops the process's clock for a second, `/hang` for good, `/flood` prints without end,
 * `/lie` closes its listener while it says that it serves, `/crash` ends with words, an upgrade echoes.
 */
export const testApplication = (): Application => {
  let claim: Claim | null = null
  let renewals = 0
  let depose = () => {}
  /** Of one named `owing-soon`: when its work is due, Unix milliseconds; null when it is done. */
  let owes: number | null = null
  let worked = 0
  let erased = false
  const work = () => {
    if (owes === null || owes > Date.now()) return
    owes = null
    worked += 1
  }
  return {
    attach: async (given) => {
      if (given.name === 'refused') throw new Error('the record is not to be had')
      if (given.name === 'superseded') throw Object.assign(new Error('another has it'), { name: 'DeposedError' })
      claim = given
      if (given.name === 'owing-soon') owes = Date.now() + OWED_AFTER_MS
    },
    handle: async (request, response) => {
      if (request.url === '/slow') await sleep(1_000)
      if (request.url?.startsWith('/depose')) depose()
      if (request.url === '/depose-and-say-so') response.statusCode = 503
      if (request.url === '/stall') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
      if (request.url === '/hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      if (request.url === '/flood') setInterval(() => writeFloods(), 1)
      if (request.url === '/lie') stopListening()
      if (request.url === '/crash') throwLater()
      let bytes = 0
      for await (const chunk of request) bytes += (chunk as Buffer).length
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ claimId: claim?.claimId, key: claim?.storage.accessKeyId, renewals, bytes, worked, erased, pid: process.pid }))
    },
    upgrade: (request, socket) => {
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`)
      socket.pipe(socket)
    },
    renew: (storage) => {
      renewals += 1
      if (claim) claim = { ...claim, storage }
    },
    quiesce: async () => (owes !== null ? { state: 'quiet', dueAt: new Date(owes).toISOString() } : claim?.name === 'owing' ? { state: 'quiet', dueAt: '2030-01-01T00:00:00.000Z' } : claim?.name === 'working' ? { state: 'busy', reason: 'it works' } : { state: 'quiet', dueAt: null }),
    resume: work,
    report: () => (claim?.name === 'full' ? { usage: { objects: 1, bytes: 2 }, limited: ['storedBytes'], erasures: erased ? [] : [{ id: 'e1', object: 'o1', commit: 7 }] } : { usage: { objects: 1, bytes: 2 }, limited: [], erasures: [] }),
    erased: async (id) => {
      if (id === 'e1') erased = true
    },
    deposed: new Promise((resolve) => (depose = resolve)),
  }
}

const writeFloods = (): void => {
  try {
    writeSync(1, 'x'.repeat(1024 * 1024))
  } catch {
    // the kernel takes no more
  }
}

/** The process's own listeners on ports, not its control socket. */
const stopListening = (): void => {
  const { _getActiveHandles } = process as unknown as { readonly _getActiveHandles: () => readonly unknown[] }
  for (const handle of _getActiveHandles.call(process)) if (handle instanceof Server && typeof handle.address() === 'object') handle.close()
}

const throwLater = (): void => void setTimeout(() => {
  process.stderr.write("'x-amz-security-token': 'abc'\n")
  throw new Error('out of cheese')
}, 50)
