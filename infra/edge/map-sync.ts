import { parseIdleTimes } from './activity.ts'
import { ACTIVITY_TABLE, LEASE, MAPS, READY_KEY, type MapName } from './haproxy-config.ts'
import { entriesOf, type Entry } from './map-entries.ts'
import type { Log } from '../log.ts'
import type { RouteTable } from './route-table.ts'
import { runtimeSocket, type RuntimeSocket } from './runtime-socket.ts'

export type MapSyncOptions = {
  readonly socketPath: string
  readonly table: RouteTable
  /** Deployments are hosts `<name>.<domain>`. */
  readonly domain: string
  readonly claimHeader: (claimId: string) => string
  /** Of each claim that a worker still served after it was replaced: how long ago the last of it ended, milliseconds. Said when that worker is let go. */
  readonly onLetGo: (claimId: string, agoMs: number) => void
  readonly log: Log
}
export type MapSync = {
  /** Runs a command after all changes so far are in the maps. Rejects when HAProxy is away. */
  send(command: string): Promise<string>
  /** The same of those that a reload has replaced, which still serve whom they have. */
  sendReplaced(command: string): Promise<readonly string[]>
  /** All known hosts are in: from now on a host that is not is answered 404. */
  ready(): void
  /**
   * Until when HAProxy may send visitors to slots, milliseconds since 1970; 0: no longer. Takes effect after all changes so far,
   * and after it was read again. Rejects when HAProxy is away.
   */
  lease(until: number): Promise<void>
  /** Resolves when the maps are made for the first time. */
  readonly inTouch: Promise<void>
  close(): void
}

const BEAT_MS = 1_000

/**
 * Keeps HAProxy's maps as the route table says, one command a change. What HAProxy holds is read at each connection, so that
 * neither a restart of HAProxy nor one of this process leaves anything behind or makes a host unknown meanwhile.
 */
export const mapSync = ({ socketPath, table, domain, claimHeader, onLetGo, log }: MapSyncOptions): MapSync => {
  /** What HAProxy holds, or will when the commands on their way are run; null while that is not known. */
  let held: Record<MapName, Map<string, string>> | null = null
  let reading: Promise<void> | null = null
  let isReady = false
  let leasedUntil = 0
  /** When there was last no worker that was replaced. */
  let aloneAt = performance.now()
  /** Deployment to the claim whose slot was put in the map last. */
  const slotOf = new Map<string, string>()

  const apply = ({ map, key, value }: Entry): void => {
    if (!held) return
    const now = held[map].get(key)
    if (now === (value ?? undefined)) return
    if (value === null) held[map].delete(key)
    else held[map].set(key, value)
    run(value === null ? `del map ${map} ${key}` : `${now === undefined ? 'add' : 'set'} map ${map} ${key} ${value}`)
  }

  /** A command that answers anything failed: HAProxy is not as we thought, so it is read again. */
  const run = (command: string): void => {
    const check = async () => {
      const answer = (await socket.send(command)).trim()
      if (answer === '') return
      log.warn({ command: command.split(' ', 2).join(' '), answer }, 'HAProxy did not take a change; reading its maps again')
      await resync()
    }
    check().catch((error: unknown) => log.debug({ reason: String(error) }, 'HAProxy is away; its maps are made anew when it is back'))
  }

  const sync = (deploymentId: string): void => {
    const route = table.effective(deploymentId)
    if (!route || !held) return
    const before = slotOf.get(deploymentId) ?? null
    if (route.state === 'routed' && route.claimId !== null) slotOf.set(deploymentId, route.claimId)
    else slotOf.delete(deploymentId)
    const holdsName = table.holder(route.name)?.deploymentId === deploymentId
    entriesOf(route, before, holdsName, { domain, claimHeader }).forEach(apply)
  }

  /** Changes that come while the maps are read are taken up after it. */
  const resync = (): Promise<void> => (reading ??= reread().finally(() => void (reading = null)))

  const tell = async (key: string, value: number): Promise<void> => {
    const answer = (await socket.send(`set map ${LEASE.map} ${key} ${value}`)).trim()
    if (answer !== '') throw new Error(`HAProxy said ${answer}`)
  }

  const reread = async (): Promise<void> => {
    held = null
    // what was replaced hears of no change any more
    await socket.sendReplaced(`set map ${LEASE.map} ${LEASE.until} 0`)
    // it may have been left behind by another process, with its slots: not before they are as this one knows them
    await Promise.all([tell(LEASE.until, 0), tell(LEASE.alive, Date.now())])
    const [hosts, slots, reasons] = await Promise.all([MAPS.hosts, MAPS.slots, MAPS.reasons].map(async (map) => parseMap(await socket.send(`show map ${map}`))))
    held = { [MAPS.hosts]: hosts ?? new Map(), [MAPS.slots]: slots ?? new Map(), [MAPS.reasons]: reasons ?? new Map() }
    for (const deploymentId of table.deployments()) sync(deploymentId)
    const wanted = new Set(slotOf.values())
    for (const claimId of held[MAPS.slots].keys()) if (!wanted.has(claimId)) apply({ map: MAPS.slots, key: claimId, value: null })
    markReady()
    if (leasedUntil > 0) await tell(LEASE.until, leasedUntil)
  }

  const markReady = (): void => {
    if (isReady) apply({ map: MAPS.hosts, key: READY_KEY, value: 'yes' })
  }

  const inTouch = Promise.withResolvers<void>()
  const connected = (): void => {
    resync().then(() => {
      log.info({ hosts: held?.[MAPS.hosts].size }, 'maps of HAProxy are made')
      inTouch.resolve()
    }, (error: unknown) => log.warn({ reason: String(error) }, 'HAProxy went away'))
  }

  const socket: RuntimeSocket = runtimeSocket(socketPath, connected)
  const sayAlive = () => void tell(LEASE.alive, Date.now()).catch((error: unknown) => log.debug({ reason: String(error) }, 'HAProxy is away'))
  const letGo = async (): Promise<void> => {
    const busy = await socket.sendReplaced(`show table ${ACTIVITY_TABLE} data.conn_cur gt 0`)
    if (busy.length === 0) aloneAt = performance.now()
    if (busy.length === 0 || busy.some((shown) => shown.includes('key='))) return
    for (const shown of await socket.sendReplaced(`show table ${ACTIVITY_TABLE}`)) {
      for (const { claimId, idleMs } of parseIdleTimes(shown)) if (idleMs < performance.now() - aloneAt) onLetGo(claimId, idleMs)
    }
    socket.dismissReplaced()
  }
  const beat = setInterval(() => {
    sayAlive()
    void letGo()
  }, BEAT_MS)
  table.onChange(sync)
  return {
    send: (command) => (held ? socket.send(command) : Promise.reject(new Error('HAProxy is away'))),
    sendReplaced: socket.sendReplaced,
    ready: () => {
      isReady = true
      markReady()
    },
    lease: async (until) => {
      leasedUntil = until
      if (held || until === 0) await tell(LEASE.until, until)
    },
    inTouch: inTouch.promise,
    close: () => {
      clearInterval(beat)
      socket.close()
    },
  }
}

/** Lines `0x55c5... key value`. */
const parseMap = (shown: string): Map<string, string> =>
  new Map(shown.split('\n').flatMap((line) => {
    const [, key, value] = line.split(' ')
    return key !== undefined && value !== undefined ? [[key, value] as const] : []
  }))
