import { join } from 'node:path'
import { planSchema } from '../../events/deployment/settings.ts'
import { randomId } from '../ids.ts'
import type { Log } from '../log.ts'
import { signalFreezer, type Freezers } from './freezer.ts'
import { isAlive, processStat, waitingByPort } from './proc.ts'
import { endProcess, remainsOf, takeSlot, type SlotProcess } from './process-slot.ts'
import type { Adopted, Remains, Runtime } from './runtime.ts'
import { makeSlotsFolder, readRecords, removeRecord, writeRecord, type SlotRecord } from './slot-records.ts'
import { spawnSlot } from './spawn.ts'

export type ProcessRuntimeOptions = {
  /** The slot's bundled program. */
  readonly bundle: string
  readonly dataDir: string
  /** Address slots listen on. */
  readonly host: string
  readonly freezers: Freezers
  readonly log: Log
}

/** sockaddr_un holds 108 bytes, the last one zero. */
const LONGEST_SOCKET_PATH = 107

/** Slots as processes of this machine, in sessions of their own: the agent's death leaves them, a new one adopts them. */
export const processRuntime = ({ bundle, dataDir, host, freezers, log }: ProcessRuntimeOptions): Runtime => {
  const folder = makeSlotsFolder(dataDir)
  const controlOf = (slot: string): string => {
    const path = join(folder, `${slot}.sock`)
    if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) throw new Error(`DATA_DIR: ${path} is longer than a unix socket's path may be (${LONGEST_SOCKET_PATH} bytes); choose a shorter folder`)
    return path
  }
  /** A slot that was left behind, or what is left of it; null for one that is nobody's business any more. */
  const find = async (record: SlotRecord): Promise<{ readonly adopted: Adopted } | { readonly remains: Remains } | null> => {
    const plan = planSchema.safeParse(record.plan)
    const freezer = record.cgroup === null ? signalFreezer(record.pid, record.slot) : freezers(record.pid, record.slot)
    const of: SlotProcess = { record, freezer, folder, host }
    if (record.ended !== null || !isAlive(record.pid, record.startTime)) {
      await freezer.remove()
      if (plan.success) return { remains: remainsOf(of, plan.data, record.ended ?? { reason: 'its process ended while no agent watched', cause: 'node' }) }
      await removeRecord(folder, record)
      return null
    }
    try {
      if (plan.success) return { adopted: await takeSlot(of, plan.data) }
    } catch (error) {
      log.warn({ slot: record.slot, reason: String(error) }, 'a slot left behind does not answer; it is ended')
      await endProcess(of)
      return plan.success ? { remains: remainsOf(of, plan.data, { reason: `it did not answer the agent that found it: ${String(error)}`, cause: 'slot' }) } : null
    }
    await endProcess(of) // of a plan that is offered no more
    await removeRecord(folder, record)
    return null
  }

  return {
    isGiven: false,
    offers: () => true,
    spawn: async (plan) => {
      const slot = randomId().slice(0, 10)
      const control = controlOf(slot)
      const { pid, ready, exit } = spawnSlot({ bundle, folder, host, plan, control, slot })
      const startTime = processStat(pid)?.startTime
      if (startTime === undefined) return ready.then(() => Promise.reject(new Error(`slot ${pid} ended at once`)))
      const freezer = freezers(pid, slot)
      const record: SlotRecord = { slot, plan, pid, startTime, control, cgroup: freezer.cgroup, claim: null, ended: null }
      writeRecord(folder, record)
      const of: SlotProcess = { record, freezer, folder, host, exit }
      try {
        await ready
        return (await takeSlot(of, plan)).slot
      } catch (error) {
        await endProcess(of)
        const { output, forget } = remainsOf(of, plan, { reason: String(error), cause: 'slot' })
        log.warn({ slot, output }, 'what a slot that did not come up wrote last')
        await forget()
        throw error
      }
    },
    adopt: async () => {
      const found = (await Promise.all(readRecords(folder).map(find))).filter((one) => one !== null)
      return { adopted: found.flatMap((one) => ('adopted' in one ? [one.adopted] : [])), remains: found.flatMap((one) => ('remains' in one ? [one.remains] : [])) }
    },
    waiting: (slots) => {
      const byPort = waitingByPort()
      return new Map(slots.flatMap((slot) => {
        const waiting = byPort.get(Number(slot.address.slice(slot.address.lastIndexOf(':') + 1)))
        return waiting ? [[slot, waiting] as const] : []
      }))
    },
  }
}
