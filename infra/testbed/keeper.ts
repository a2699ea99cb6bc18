// The process that waits for the end of whoever a bed is for, and then takes the bed down. A bed of nobody's it leaves once it is up.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../local/processes.ts'
import { down } from './down.ts'
import { folderOf } from './names.ts'
import { neededBy, readBed } from './state.ts'

const [, , name, pid, started] = process.argv
if (name === undefined || pid === undefined || started === undefined) throw new Error('usage: keeper.ts NAME PID_OF_STARTER ITS_START')

const isNeeded = (): boolean => {
  if (!existsSync(folderOf(name))) process.exit(0) // somebody took it down
  const bed = readBed(name)
  const by = bed ? neededBy(bed) : { pid: Number(pid), started }
  if (by === null) process.exit(0)
  return isAlive(by)
}

// what ends the others in their terminal is no reason to leave the bed
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
while (isNeeded()) await sleep(300)
await down(name)
process.exit(0)
