import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Heartbeat } from './port.ts'

/** How pressed this machine is: the figures of a heartbeat. */
export type Pressure = Pick<Heartbeat, 'load' | 'psi' | 'memoryFreeBytes'>

/** `proc`: the machine's /proc, where this process is not to see its own container's limits but the node's figures. */
export const readPressure = (proc = OWN_PROC): Pressure => ({
  load: (loadavg()[0] ?? 0) / cpus().length,
  psi: { cpu: stalled(proc, 'cpu'), memory: stalled(proc, 'memory'), io: stalled(proc, 'io') },
  memoryFreeBytes: proc === OWN_PROC ? process.availableMemory() : availableOf(readFileSync(join(proc, 'meminfo'), 'utf8')),
})

const OWN_PROC = '/proc'

/** proc(5) `meminfo`, in bytes. */
const availableOf = (meminfo: string): number => Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024

/** Share of the last ten seconds in which some task waited for it, percent; 0 where the kernel does not tell. */
const stalled = (proc: string, resource: 'cpu' | 'memory' | 'io'): number => {
  try {
    return parseStalled(readFileSync(join(proc, 'pressure', resource), 'utf8'))
  } catch {
    return 0
  }
}

export const parseStalled = (pressure: string): number => Number(/^some avg10=([\d.]+)/m.exec(pressure)?.[1] ?? 0)

const LEAST_FREE_BYTES = 256 * 1024 * 1024
const MOST_MEMORY_STALL = 30

/** Why no claim should be taken now, null when one may be. A busy processor is no reason: it slows a slot, want of memory ends it. */
export const overload = ({ psi, memoryFreeBytes }: Pressure): string | null => {
  if (memoryFreeBytes < LEAST_FREE_BYTES) return `only ${Math.round(memoryFreeBytes / 1024 / 1024)} MB of memory are free`
  if (psi.memory > MOST_MEMORY_STALL) return `tasks wait for memory ${psi.memory} % of the time`
  return null
}
