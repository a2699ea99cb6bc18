import { readFileSync } from 'node:fs'

/**
 * Memory that a process costs, bytes: proportional set size (proc(5), smaps_rollup), in which what processes share is counted in
 * parts. Who is compared with whom must live side by side, so that they share the same.
 */
export const memoryOf = (pid: number): number => 1024 * Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
