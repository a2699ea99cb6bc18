import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomId } from '../ids.ts'
import type { Log } from '../log.ts'
import { connectControl } from '../slot/control-client.ts'
import { thawGroup } from './cgroup-freezer.ts'
import { signalFreezer, type Freezer, type Freezers } from './freezer.ts'
import { isAlive, processStat, waitingByPort } from './proc.ts'
import type { Adopted, Runtime, Slot } from './runtime.ts'
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
  return {
    spawn: async (plan) => {
      const slot = randomId().slice(0, 10)
      const control = controlOf(slot)
      const { pid, ready } = spawnSlot({ bundle, folder, host, plan, control })
      const startTime = processStat(pid)?.startTime
      if (startTime === undefined) return ready.then(() => Promise.reject(new Error(`slot ${pid} ended at once`)))
      const freezer = freezers(pid, slot)
      const record = { slot, plan, pid, startTime, control, cgroup: freezer.cgroup }
      writeRecord(folder, record)
      try {
        await ready
        return (await take({ record, freezer, folder, host })).slot
      } catch (error) {
        await end({ record, freezer, folder, host })
        throw error
      }
    },
    adopt: async () => {
      const found = await Promise.all(readRecords(folder).map(async (record) => {
        if (!isAlive(record.pid, record.startTime)) return removeRecord(folder, record)
        const freezer = record.cgroup === null ? signalFreezer(record.pid, record.slot) : freezers(record.pid, record.slot)
        try {
          return await take({ record, freezer, folder, host })
        } catch (error) {
          log.warn({ slot: record.slot, reason: String(error) }, 'a slot left behind does not answer; it is ended')
          return end({ record, freezer, folder, host })
        }
      }))
      return found.filter((one) => one !== undefined)
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

type Process = { readonly record: SlotRecord; readonly freezer: Freezer; readonly folder: string; readonly host: string }

/** Connects to a slot, new or left behind. */
const take = async (of: Process): Promise<Adopted> => {
  const { record, freezer, host } = of
  const wasFrozen = freezer.isFrozen()
  freezer.thaw()
  const control = await connectControl(record.control)
  const status = await control.tell({ verb: 'status' })
  let ended: Promise<void> | null = null
  const destroy = () => (ended ??= end(of).finally(control.close))
  const slot: Slot = {
    id: record.slot, plan: record.plan, address: `${host}:${status.port}`, control,
    freeze: freezer.freeze, thaw: freezer.thaw, destroy, gone: control.ended.then(destroy),
  }
  return { slot, status, wasFrozen }
}

/** Ends the process, and only that one, and forgets it. */
const end = async ({ record, freezer, folder }: Process): Promise<void> => {
  const { pid, startTime, cgroup } = record
  if (isAlive(pid, startTime)) process.kill(pid, 'SIGKILL')
  if (cgroup !== null) thawGroup(cgroup) // a frozen group does not even die
  // the kernel does it at once; of a slot that another agent began there is no event to hear it by
  while (isAlive(pid, startTime)) await sleep(2)
  await Promise.all([freezer.remove(), removeRecord(folder, record)])
}
