import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { maySmallDisk, smallDisk } from '../testing/small-disk.ts'
import { READY_FD } from './start.ts'

const urlOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
const PROGRAM = `
  import { setTimeout as sleep } from 'node:timers/promises'
  import { startSlot } from ${urlOf('start.ts')}
  import { testApplication } from ${urlOf('testing/application.ts')}
  await startSlot(testApplication(), async () => {
    for (let line = 0; line < 3; line += 1) process.stderr.write('x'.repeat(200_000))
    await sleep(50)
  })`

it.skipIf(!maySmallDisk())('a slot outlives that there is no room for what it prints', async () => {
  const disk = smallDisk(2)
  disk.fill(100_000)
  const output = openSync(join(disk.folder, 'slot.log'), 'a')
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', output, output, 'pipe'], env: { SLOT_CONTROL: join(disk.folder, 'slot.sock'), SLOT_HOST: '127.0.0.1' } })
  closeSync(output)
  try {
    const said = await Promise.race([once(child.stdio[READY_FD] as Readable, 'data'), once(child, 'exit')])
    expect(JSON.parse(String(said[0]))).toEqual({ port: expect.any(Number) })
  } finally {
    child.kill('SIGKILL')
    disk.unmount()
  }
}, 30_000)
