import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl } from '../../slot/control-client.ts'
import type { Adopted, Remains, Slot } from '../runtime.ts'
import type { SlotOwner } from '../slot-records.ts'
import type { ContainerFreezer } from './container-freezer.ts'
import type { ContainerRecords } from './container-records.ts'
import type { Containers, SlotContainer } from './containers.ts'
import { SHORT_ID, type HostProc } from './host-proc.ts'

/** A container that is a slot, and what is known of its end. */
export type SlotInContainer = {
  readonly container: SlotContainer
  /** Path of its control socket, as this agent has it. */
  readonly socket: string
  readonly freezer: ContainerFreezer
  readonly containers: Containers
  readonly records: ContainerRecords
  readonly proc: Pick<HostProc, 'isToEnd'>
  /** Resolves when the container has ended. */
  readonly died: Promise<unknown>
  /** Whether somebody told it to end who is not this agent: Swarm, or a person. */
  readonly isStopped: () => boolean
  /** Whether one that is released should end in order, since nobody wants another in its place. */
  readonly isOutdated: () => boolean
}

/** What a slot in order has to end by itself, milliseconds; Swarm gives it as long as the service says. */
const RETIRES_WITHIN_MS = 10_000
const DIES_WITHIN_MS = 5_000
const TOLD_WITHIN_MS = 500

/** Connects to a slot, new or left behind. @throws Error when it does not answer */
export const takeContainer = async (of: SlotInContainer): Promise<Adopted> => {
  const { container: { id, plan, generation, ip, pid }, socket, freezer, containers, records, proc, died, isStopped, isOutdated } = of
  const record = records.read(id)
  const wasFrozen = freezer.isFrozen() || (record?.asleep ?? false)
  freezer.thaw()
  const control = await connectControl(socket)
  const status = await control.tell({ verb: 'status' })

  let owner: SlotOwner | null = record?.claim ?? status.claim
  let verdict: string | null = null // why it is to die as if by itself
  let destroyed = false
  const ending = Promise.withResolvers<null>()
  const isDead = (): Promise<boolean> => Promise.race([died.then(() => true), sleep(0, false)])

  const gone = Promise.race([control.ended, died.then(() => null), ending.promise]).then(async (said): Promise<Remains | null> => {
    freezer.thaw() // a frozen process does not even die
    if (verdict === null) await Promise.race([died, sleep(TOLD_WITHIN_MS, undefined, { ref: false })]) // its sockets close before its engine tells why
    const stopped = isStopped() && verdict === null
    if (stopped) await Promise.race([died, sleep(RETIRES_WITHIN_MS, undefined, { ref: false })]) // it finishes what it has under way
    await endContainer(of)
    control.close()
    if (destroyed || owner === null && stopped) {
      records.remove(id)
      return null
    }
    const end = (await containers.look(id).catch(() => null))?.end ?? 'its container is gone'
    return {
      slot: slotId(id), plan, owner, reason: verdict ?? said ?? (stopped ? 'its container was told to end' : end), cause: stopped ? 'node' : 'slot',
      output: await containers.tail(id).catch(() => []), forget: async () => records.remove(id),
    }
  })
  const end = async (): Promise<void> => {
    ending.resolve(null)
    await gone
  }
  const retire = async (): Promise<void> => {
    destroyed = true
    freezer.thaw()
    await containers.kill(id, 'SIGTERM')
    await Promise.race([died, sleep(RETIRES_WITHIN_MS, undefined, { ref: false })])
    return end()
  }
  const slot: Slot = {
    id: slotId(id), plan, generation, address: `${ip}:${status.port}`, control, gone,
    freeze: async () => {
      await freezer.freeze()
      if (!isStopped() && !proc.isToEnd(pid)) return
      freezer.thaw()
      throw new Error('its container was told to end')
    },
    thaw: freezer.thaw,
    belongTo: (claim) => {
      owner = claim
      records.write({ container: id, plan, generation, claim, asleep: false })
    },
    boundOutput: () => null, // the engine's log driver does
    destroy: async () => {
      destroyed = true
      if (isOutdated() && !(await isDead())) return retire()
      return end()
    },
    retire,
    condemn: (reason) => {
      verdict ??= reason
      return end()
    },
  }
  return { slot, status, wasFrozen }
}

export const slotId = (container: string): string => container.slice(0, SHORT_ID)

/** Kills it, and resolves when it is dead. */
const endContainer = async ({ container: { id }, containers, freezer, died }: SlotInContainer): Promise<void> => {
  const dead = died.then(() => true)
  while (!(await Promise.race([dead, sleep(0, false)]))) {
    freezer.thaw()
    await containers.kill(id, 'SIGKILL')
    await Promise.race([dead, sleep(DIES_WITHIN_MS, undefined, { ref: false })])
  }
}
