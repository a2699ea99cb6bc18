// The process that waits for the end of a bed's owner, and then takes the bed down.
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../local/processes.ts'
import { down } from './down.ts'
import { readBed } from './state.ts'

const name = process.argv[2]
if (name === undefined) throw new Error('usage: keeper.ts NAME')

// what ends the owner in its terminal is no reason to leave the bed
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
for (let bed = readBed(name); bed?.owner && isAlive(bed.owner); bed = readBed(name)) await sleep(300)
if (readBed(name)) await down(name)
process.exit(0)
