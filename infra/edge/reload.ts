import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { askHaproxy } from './ask.ts'
import { configurationOf, mapFile, writeConfiguration } from './haproxy.ts'
import { DIGEST_VARIABLE, MAPS, masterSocket } from './haproxy-config.ts'

const LOOK_MS = 50
/** A worker takes five seconds until it could hand its counts on (HAProxy waits so long for peers that might know better). */
const SETTLED_WITHIN_MS = 15_000
const LOADED_WITHIN_MS = 30_000

/**
 * Makes the running HAProxy one of this configuration, unless it is already: a new worker takes the listeners over, told the
 * hosts that are known now and the counts; the old one ends with its last request or WebSocket. Slots are not handed on: they
 * are to be as our process knows them. Resolves when the new one serves: true, or false when there was nothing to change.
 * @throws Error when HAProxy is away or does not take the configuration; then all is as it was
 */
export const reloadHaproxy = async (config: Config): Promise<boolean> => {
  const runtime = (command: string) => askHaproxy(config.EDGE_SOCKET, command)
  const wanted = `${DIGEST_VARIABLE}=${configurationOf(config).digest}`
  const isAsWanted = async () => (await runtime(`show env ${DIGEST_VARIABLE}`)).includes(wanted)
  if (await isAsWanted()) return false

  await within(SETTLED_WITHIN_MS, async () => isSettled(await runtime('show peers workers')), 'HAProxy cannot hand its counts on')
  for (const map of [MAPS.hosts, MAPS.reasons]) {
    const lines = (await runtime(`show map ${map}`)).split('\n').flatMap((line) => /^0x\w+ (\S+ \S+)$/.exec(line)?.[1] ?? [])
    writeFileSync(mapFile(config, map), lines.map((line) => `${line}\n`).join(''))
  }
  const putBack = writeConfiguration(config)
  try {
    let failedBefore = 0
    await within(SETTLED_WITHIN_MS, async () => {
      failedBefore = await failedReloads(config) // the master is away for a moment after each reload
      return true
    }, 'the master of HAProxy is away')
    await askHaproxy(masterSocket(config), 'reload')
    await within(LOADED_WITHIN_MS, async () => {
      if (await isAsWanted()) return true
      if ((await failedReloads(config)) > failedBefore) throw new Refused()
      return false
    }, 'HAProxy does not come back with its new configuration')
  } catch (error) {
    putBack()
    throw error
  }
  return true
}

class Refused extends Error {
  override readonly message = 'HAProxy does not take the new configuration and goes on with the one before; its log says why'
}

/** `flags=0x33`: the lowest two bits say that it waits for nobody to teach it any more. */
const isSettled = (peers: string): boolean => (Number(/ flags=(0x[0-9a-f]+)/.exec(peers)?.[1] ?? 0) & 3) === 3

/** `<pid>  master  1 [failed: 0]  ...`: since the last that succeeded. */
const failedReloads = async (config: Config): Promise<number> =>
  Number(/\[failed: (\d+)\]/.exec(await askHaproxy(masterSocket(config), 'show proc'))?.[1] ?? 0)

/** Looks until it is so; what cannot be asked meanwhile is not so yet. */
const within = async (ms: number, look: () => Promise<boolean>, otherwise: string): Promise<void> => {
  let last: unknown
  const tried = async () => {
    try {
      return await look()
    } catch (error) {
      if (error instanceof Refused) throw error
      last = error
      return false
    }
  }
  for (const until = Date.now() + ms; !(await tried()); await sleep(LOOK_MS)) if (Date.now() > until) throw new Error(otherwise, { cause: last })
}
