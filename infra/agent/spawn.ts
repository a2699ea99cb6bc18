import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import type { Plan } from '../../events/deployment/settings.ts'
import { READY_FD, type SlotEnvironment } from '../slot/start.ts'
import { PLANS } from './plans.ts'
import { OUTPUT_LIMIT } from './slot-output.ts'
import { outputPath } from './slot-records.ts'

export type SpawnOptions = { readonly bundle: string; readonly folder: string; readonly host: string; readonly plan: Plan; /** Path of the control socket it is to open. */ readonly control: string; readonly slot: string }

/** A slot that begins: `ready` resolves when it is warm, and rejects when it ends before; `exit` when it has ended, to how. */
export type Spawned = { readonly pid: number; readonly ready: Promise<void>; readonly exit: Promise<string> }

const READY_WITHIN_MS = 20_000
/** The shell becomes the program: a file it writes ends at a size, in blocks of 512 bytes (POSIX `ulimit -f`). */
const LIMITED = `ulimit -f ${OUTPUT_LIMIT / 512} && exec "$@"`

/**
 * Starts a slot in a session of its own, so that it outlives the agent; nothing of the agent's environment goes into it, and
 * nothing ties it to the agent but the readiness pipe, which it closes.
 */
export const spawnSlot = ({ bundle, folder, host, plan, control, slot }: SpawnOptions): Spawned => {
  const { heapMb, youngMb } = PLANS[plan]
  const environment: SlotEnvironment = { SLOT_CONTROL: control, SLOT_HOST: host }
  const output = openSync(outputPath(folder, slot), 'a', 0o600)
  try {
    const stdio = Object.assign<('ignore' | 'pipe' | number)[], object>(['ignore', output, output], { [READY_FD]: 'pipe' })
    const program = [process.execPath, '--expose-gc', `--max-old-space-size=${heapMb}`, `--max-semi-space-size=${youngMb}`, bundle]
    const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', ...program], {
      detached: true, cwd: folder, stdio, env: { ...environment, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    })
    child.unref()
    const failed = new Promise<never>((_, reject) => child.once('error', reject))
    const exit = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`)))
    if (child.pid === undefined) return { pid: 0, ready: failed, exit }
    const pipe = child.stdio[READY_FD] as Readable
    const late = setTimeout(() => pipe.destroy(new Error(`slot ${child.pid} was not ready within ${READY_WITHIN_MS} ms`)), READY_WITHIN_MS)
    const warm = text(pipe).finally(() => clearTimeout(late)).then((said) => {
      if (!said.includes('port')) throw new Error(`slot ${child.pid} ended before it was ready`)
    })
    return { pid: child.pid, ready: Promise.race([warm, failed]), exit }
  } finally {
    closeSync(output)
  }
}
