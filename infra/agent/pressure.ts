import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import type { Heartbeat } from './port.ts'

/** How pressed this machine is: the figures of a heartbeat. */
export type Pressure = Pick<Heartbeat, 'load' | 'psi' | 'memoryFreeBytes'>

export const readPressure = (): Pressure => ({
  load: (loadavg()[0] ?? 0) / availableParallelism(),
  psi: { cpu: stalled('cpu'), memory: stalled('memory'), io: stalled('io') },
  memoryFreeBytes: process.availableMemory(),
})

/** Share of the last ten seconds in which some task waited for it, percent; 0 where the kernel does not tell. */
const stalled = (resource: 'cpu' | 'memory' | 'io'): number => {
  try {
    return parseStalled(readFileSync(`/proc/pressure/${resource}`, 'utf8'))
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
