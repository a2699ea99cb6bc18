import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import type { Plan } from '../../../events/deployment/settings.ts'
import type { Log } from '../../log.ts'
import type { Waiting } from '../proc.ts'
import type { Adopted, Remains, Runtime, Slot } from '../runtime.ts'
import { engineFreezer, groupFreezer, type ContainerFreezer } from './container-freezer.ts'
import { containerRecords } from './container-records.ts'
import { slotId, takeContainer } from './container-slot.ts'
import type { Containers, SlotContainer } from './containers.ts'
import { containerGroups } from './groups.ts'
import { hostProc } from './host-proc.ts'
import { openQueues } from './queues.ts'

export type SwarmRuntimeOptions = {
  readonly containers: Containers
  /** The generation of a plan that is offered; null while nobody has said: then all are. */
  readonly offered: (plan: Plan) => string | null
  /** The node's /proc and its cgroups, as this process has them. */
  readonly proc: string
  readonly cgroups: string
  /** The folder of control sockets, as slots have it and as this process has it; each ends in a slash. */
  readonly control: string
  readonly controlHere: string
  /** What outlives this process. */
  readonly dataDir: string
  readonly log: Log
}

export type SwarmRuntime = Runtime & {
  /** Hears of containers no more. `keep`: they run on, thawed, for the next agent; `end`: they are killed, and Swarm makes others. */
  close(slots: 'keep' | 'end'): Promise<void>
}

/** One container that is known, from the moment its engine tells of it. */
type Known = { readonly id: string; readonly died: Promise<void>; readonly end: () => void; isStopped: boolean; pid: number; freezer: ContainerFreezer | null; slot: Slot | null }

/** SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM. */
const ENDS: ReadonlySet<number> = new Set([1, 2, 3, 9, 15])
const READY_WITHIN_MS = 60_000
const LOOK_MS = 50
/** How often frozen ones are looked at for a signal that ends them, whatever the engine told. */
const WATCH_MS = 1_000
/** How often what there is is compared with what is known. */
const LIST_MS = 5_000

/** Slots as containers of this node that Swarm keeps (infra/slot-keeper): they appear, are taken, and are replaced by Swarm when they end. */
export const swarmRuntime = ({ containers, offered, proc, cgroups, control, controlHere, dataDir, log }: SwarmRuntimeOptions): SwarmRuntime => {
  const [host, groups, records] = [hostProc(proc), containerGroups(cgroups), containerRecords(dataDir)]
  const known = new Map<string, Known>()
  const bySlot = new Map<Slot, Known>()
  const queues = openQueues()
  const ending = new AbortController()
  let isAdopted = false

  const isOffered = ({ plan, generation }: { readonly plan: Plan; readonly generation: string | null }) => {
    const today = offered(plan)
    return today === null || today === generation
  }
  const freezerOf = (container: SlotContainer): ContainerFreezer => {
    const group = groups(container.id)
    try {
      if (group) return groupFreezer(group, container)
    } catch (error) {
      log.warn({ slot: slotId(container.id), reason: String(error) }, 'the cgroup of a slot is not ours to write')
    }
    log.warn({ slot: slotId(container.id) }, 'a slot is frozen by its engine, which takes longer than its cgroup would')
    return engineFreezer(containers, container, log)
  }
  const meet = (id: string): Known => {
    const { promise: died, resolve: end } = Promise.withResolvers<void>()
    const one: Known = { id, died, end, isStopped: false, pid: 0, freezer: null, slot: null }
    known.set(id, one)
    void died.then(() => {
      if (known.get(id) === one) known.delete(id)
      if (one.slot) bySlot.delete(one.slot)
    })
    return one
  }
  /** @throws Error when it does not answer */
  const take = async (one: Known, container: SlotContainer, socket: string): Promise<Adopted> => {
    one.pid = container.pid
    one.freezer = freezerOf(container)
    if (container.isPaused) await containers.unpause(container.id) // by an agent that had no cgroups
    const adopted = await takeContainer({
      container, socket: join(controlHere, socket), freezer: one.freezer, containers, records, proc: host, died: one.died,
      isStopped: () => one.isStopped, isOutdated: () => !isOffered(container),
    })
    one.slot = adopted.slot
    bySlot.set(adopted.slot, one)
    return adopted
  }
  /** Waits until it listens; null when it ends before. */
  const whenReady = async (one: Known): Promise<{ readonly container: SlotContainer; readonly socket: string } | null> => {
    const container = await containers.look(one.id)
    if (!container) return null
    const until = performance.now() + READY_WITHIN_MS
    for (let dead = false; !dead && !ending.signal.aborted; dead = await Promise.race([one.died.then(() => true), sleep(LOOK_MS, false)])) {
      const socket = host.controlSocket(container.pid, control, one.id)
      if (socket !== null) return { container, socket }
      if (performance.now() > until) throw new Error(`it was not ready within ${READY_WITHIN_MS} ms`)
    }
    return null
  }
  const welcome = async (one: Known): Promise<void> => {
    try {
      const ready = await whenReady(one)
      if (!ready) return
      const { slot, status } = await take(one, ready.container, ready.socket)
      if (status.state !== 'spare') return await slot.condemn('it was claimed by nobody who is known')
      queues.add(slot)
    } catch (error) {
      if (ending.signal.aborted || one.isStopped) return
      log.warn({ slot: slotId(one.id), reason: String(error), output: await containers.tail(one.id).catch(() => []) }, 'a slot did not come up; it is ended')
      one.freezer?.thaw()
      await containers.kill(one.id, 'SIGKILL').catch((cause: unknown) => log.warn({ slot: slotId(one.id), reason: String(cause) }, 'a slot that did not come up cannot be ended'))
    }
  }
  const appear = (id: string): void => {
    if (!known.has(id)) void welcome(meet(id))
  }
  /** One that begins anew under its old id has another process than the one a list may have met. */
  const begin = (id: string): void => {
    const before = known.get(id)
    if (before?.slot) return
    before?.end()
    void welcome(meet(id))
  }
  const toldToEnd = (one: Known): void => {
    one.isStopped = true
    one.freezer?.thaw()
  }
  const list = async (): Promise<void> => {
    const before = [...known.values()]
    const running = new Set(await containers.running())
    for (const one of before) if (!running.has(one.id)) one.end()
    if (isAdopted) running.forEach(appear)
  }
  const listed = () => void list().catch((error: unknown) => log.warn({ reason: String(error) }, 'the engine does not say which slots there are'))
  const watch = setInterval(() => {
    for (const one of known.values()) if (one.freezer?.isFrozen() && host.isToEnd(one.pid)) toldToEnd(one)
  }, WATCH_MS)
  const lister = setInterval(listed, LIST_MS)
  containers.follow(({ id, action, signal }) => {
    const one = known.get(id)
    if (action === 'start' && isAdopted) begin(id)
    if (action === 'die') one?.end()
    // ours come as well: those slots are thawed already
    if (action === 'kill' && one && signal !== null && ENDS.has(signal)) toldToEnd(one)
  }, listed, ending.signal)

  const find = async (id: string): Promise<Adopted | Remains | null> => {
    const container = await containers.look(id)
    const socket = container?.isRunning ? host.controlSocket(container.pid, control, id) : null
    if (!container || socket === null) return null // it begins: it will appear
    const one = meet(id)
    try {
      return await take(one, container, socket)
    } catch (error) {
      log.warn({ slot: slotId(id), reason: String(error) }, 'a slot left behind does not answer; it is ended')
      one.freezer?.thaw()
      await containers.kill(id, 'SIGKILL')
      const claim = records.read(id)?.claim ?? null
      return {
        slot: slotId(id), plan: container.plan, owner: claim, reason: `it did not answer the agent that found it: ${String(error)}`, cause: 'slot',
        output: await containers.tail(id), forget: async () => records.remove(id),
      }
    }
  }

  return {
    isGiven: true,
    offers: (slot) => isOffered(slot) && bySlot.get(slot)?.isStopped !== true,
    spawn: (plan) => queues.next(plan),
    adopt: async () => {
      const running = await containers.running()
      const found = (await Promise.all(running.map(find))).filter((one) => one !== null)
      const gone = await Promise.all(records.all().filter(({ container }) => !running.includes(container)).map(async ({ container, plan, claim }): Promise<Remains> => ({
        slot: slotId(container), plan, owner: claim, reason: `it ended while no agent watched: ${(await containers.look(container))?.end ?? 'its container is gone'}`, cause: 'node',
        output: await containers.tail(container), forget: async () => records.remove(container),
      })))
      isAdopted = true
      listed()
      return { adopted: found.filter((one) => 'status' in one), remains: [...found.filter((one) => 'reason' in one), ...gone] }
    },
    waiting: (slots) => new Map<Slot, Waiting>(slots.flatMap((slot) => {
      const pid = bySlot.get(slot)?.pid
      const waiting = pid === undefined ? undefined : host.waiting(pid, Number(slot.address.slice(slot.address.lastIndexOf(':') + 1)))
      return waiting ? [[slot, waiting] as const] : []
    })),
    close: async (slots) => {
      ending.abort()
      clearInterval(watch)
      clearInterval(lister)
      for (const one of known.values()) {
        const record = records.read(one.id)
        if (record && slots === 'keep') records.write({ ...record, asleep: one.freezer?.isFrozen() ?? false })
        // whoever ends it while there is no agent ends a process that hears it
        one.freezer?.thaw()
      }
      if (slots === 'end') await Promise.all([...known.keys()].map((id) => containers.kill(id, 'SIGKILL')))
    },
  }
}
