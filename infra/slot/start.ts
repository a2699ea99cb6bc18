import { closeSync, writeSync } from 'node:fs'
import * as z from 'zod/mini'
import { giveBackMemory } from './give-back-memory.ts'
import type { Application } from './port.ts'
import { runShell } from './shell.ts'

/** What the agent starts a slot with, besides the readiness pipe. */
export const slotEnvironment = z.object({ SLOT_CONTROL: z.string().check(z.minLength(1)), SLOT_HOST: z.string().check(z.minLength(1)) })
export type SlotEnvironment = Readonly<z.infer<typeof slotEnvironment>>

/** File descriptor of the readiness pipe: one line `{"port":n}`, then it is closed. */
export const READY_FD = 3

/** Runs the application in a slot and tells the agent once it is warm: everything loaded, compiled and called before by `rehearsal`. */
export const startSlot = async (application: Application, rehearsal: () => Promise<unknown> = async () => {}): Promise<void> => {
  const { SLOT_CONTROL, SLOT_HOST } = slotEnvironment.parse(process.env)
  // its output is a file: a full disk, or the end of its size, takes words and not the slot
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  await rehearsal()
  const port = await runShell(application, { control: SLOT_CONTROL, host: SLOT_HOST, exit: (code) => process.exit(code) })
  giveBackMemory() // what the rehearsal left behind would lie frozen in every spare
  writeSync(READY_FD, `${JSON.stringify({ port })}\n`)
  closeSync(READY_FD)
}
