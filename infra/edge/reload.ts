import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { mapFile, writeConfiguration } from './haproxy.ts'
import { MAPS } from './haproxy-config.ts'

/**
 * Readies a reload: the configuration as it is to be, and the hosts as HAProxy knows them now (`show`: a command of the runtime
 * API), so that its successor knows them from the first request. Slots are not handed on: they are to be as our process knows
 * them. Gives the arguments to start the successor with, in the foreground; it lets the old one end in its own time.
 */
export const prepareReload = async (config: Config, oldPid: number, show: (command: string) => Promise<string>): Promise<readonly string[]> => {
  for (const map of [MAPS.hosts, MAPS.reasons]) {
    const lines = (await show(`show map ${map}`)).split('\n').flatMap((line) => /^0x\w+ (\S+ \S+)$/.exec(line)?.[1] ?? [])
    writeFileSync(mapFile(config, map), lines.map((line) => `${line}\n`).join(''))
  }
  return ['-db', '-f', writeConfiguration(config), '-x', resolve(config.EDGE_SOCKET), '-sf', String(oldPid)]
}
