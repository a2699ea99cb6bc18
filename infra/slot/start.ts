import { randomBytes } from 'node:crypto'
import { closeSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { giveBackMemory } from './give-back-memory.ts'
import type { Application } from './port.ts'
import { runShell } from './shell.ts'

/**
 * What a slot is started with. `SLOT_CONTROL`: the path of its control socket, and a readiness pipe goes with it; or, ending in a slash,
 * a folder shared with other slots (a drop box: nobody can list it), where the socket gets a name that nobody guesses and that begins
 * with the container's id: there it is ready when the socket is.
 */
export const slotEnvironment = z.object({ SLOT_CONTROL: z.string().check(z.minLength(1)), SLOT_HOST: z.string().check(z.minLength(1)) })
export type SlotEnvironment = Readonly<z.infer<typeof slotEnvironment>>

/** File descriptor of the readiness pipe: one line `{"port":n}`, then it is closed. */
export const READY_FD = 3

/** Runs the application in a slot and tells the agent once it is warm: everything loaded, compiled and called before by `rehearsal`. */
export const startSlot = async (application: Application, rehearsal: () => Promise<unknown> = async () => {}): Promise<void> => {
  const { SLOT_CONTROL, SLOT_HOST } = slotEnvironment.parse(process.env)
  // its output may be a file: a full disk, or the end of its size, takes words and not the slot
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  const isShared = SLOT_CONTROL.endsWith('/')
  let leave = (): void => process.exit(0) // there is nothing to finish yet
  if (isShared) process.once('SIGTERM', () => leave())
  const control = isShared ? join(SLOT_CONTROL, `${hostname()}-${randomBytes(16).toString('hex')}.sock`) : SLOT_CONTROL
  await rehearsal()
  giveBackMemory() // what the rehearsal left behind would lie frozen in every spare
  const shell = await runShell(application, { control, host: SLOT_HOST, exit: (code) => process.exit(code) })
  leave = shell.leave
  if (isShared) return
  writeSync(READY_FD, `${JSON.stringify({ port: shell.port })}\n`)
  closeSync(READY_FD)
}
