import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from '../../events/deployment/settings.ts'
import { connectControl } from '../slot/control-client.ts'
import { thawGroup } from './cgroup-freezer.ts'
import type { Freezer } from './freezer.ts'
import { isAlive } from './proc.ts'
import type { Adopted, Remains, Slot } from './runtime.ts'
import { boundOutput, readTail } from './slot-output.ts'
import { readRecord, removeRecord, writeRecord, type SlotOwner, type SlotRecord } from './slot-records.ts'

/** A process that is a slot. */
export type SlotProcess = {
  readonly record: SlotRecord
  readonly freezer: Freezer
  readonly folder: string
  readonly host: string
  /** How it ended, in words; of one that another agent began nobody is told. */
  readonly exit?: Promise<string>
}

type Ended = NonNullable<SlotRecord['ended']>

/** The kernel tells how a process ended a moment after its sockets have closed. */
const TOLD_WITHIN_MS = 500

/** Connects to a slot, new or left behind. @throws Error when it does not answer */
export const takeSlot = async (of: SlotProcess, plan: Plan): Promise<Adopted> => {
  const { record, freezer, folder, host, exit = new Promise<never>(() => {}) } = of
  const { slot: id } = record
  const wasFrozen = freezer.isFrozen()
  freezer.thaw()
  const control = await connectControl(record.control)
  const status = await control.tell({ verb: 'status' })

  let owner = record.claim
  let verdict: string | null = null // why it is to die as if by itself
  let destroyed = false
  const ending = Promise.withResolvers<null>()
  const gone = Promise.race([control.ended, ending.promise]).then(async (said): Promise<Remains | null> => {
    const reason = verdict ?? said ?? (await Promise.race([exit, sleep(TOLD_WITHIN_MS, 'its process ended by itself')]))
    await endProcess(of).finally(control.close)
    if (!destroyed) {
      const standing = readRecord(folder, id)
      if (standing === null || standing.ended !== null) return null // somebody ends it in order, and has written down why
      return remainsOf({ ...of, record: { ...record, claim: owner } }, plan, { reason, cause: 'slot' })
    }
    await removeRecord(folder, record)
    return null
  })
  const end = async (): Promise<void> => {
    ending.resolve(null)
    await gone
  }
  const destroy = (): Promise<void> => {
    destroyed = true
    verdict ??= 'it was ended'
    return end()
  }
  const slot: Slot = {
    id, plan, generation: null, address: `${host}:${status.port}`, control, gone,
    freeze: freezer.freeze,
    thaw: freezer.thaw,
    belongTo: (claim: SlotOwner) => {
      owner = claim
      writeRecord(folder, { ...record, claim })
    },
    boundOutput: () => boundOutput(folder, id),
    destroy,
    retire: destroy,
    condemn: (reason) => {
      verdict ??= reason
      return end()
    },
  }
  return { slot, status, wasFrozen }
}

/** What is left of one that is dead; kept on disk until its loss has been told. */
export const remainsOf = ({ record, folder }: Pick<SlotProcess, 'record' | 'folder'>, plan: Plan, ended: Ended): Remains => {
  writeRecord(folder, { ...record, ended })
  return { slot: record.slot, plan, owner: record.claim, ...ended, output: readTail(folder, record.slot), forget: () => removeRecord(folder, record) }
}

/** Ends the process, and only that one. */
export const endProcess = async ({ record: { pid, startTime, cgroup }, freezer }: SlotProcess): Promise<void> => {
  if (isAlive(pid, startTime)) process.kill(pid, 'SIGKILL')
  if (cgroup !== null) thawGroup(cgroup) // a frozen group does not even die
  // the kernel does it at once; of a slot that another agent began there is no event to hear it by
  while (isAlive(pid, startTime)) await sleep(2)
  await freezer.remove()
}
