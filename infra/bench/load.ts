import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** A load generator in a process of its own, with lasting connections to one address. */
export type Load = {
  /** Requests per second over so many milliseconds. @throws Error when any answer is not a 200 */
  measure(ms: number): Promise<number>
  /** Share of one core it took so far while it measured: well below 1, or it is what was measured. */
  share(): number
  close(): Promise<void>
}

const CONNECTIONS = 32
const result = z.object({ requests: z.number(), ms: z.number() })

export const startLoad = (port: number, host: string, headers: readonly string[] = [], path = '/'): Load => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('load-generator.ts', import.meta.url)), String(port), host, String(CONNECTIONS), path, ...headers], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  let [busy, whole] = [0, 0]
  return {
    measure: async (ms) => {
      const before = cpuMs(child.pid ?? 0)
      child.stdin.write(`${ms}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('the load generator has ended')
      const measured = result.parse(JSON.parse(value))
      busy += cpuMs(child.pid ?? 0) - before
      whole += measured.ms
      return measured.requests / (measured.ms / 1000)
    },
    share: () => busy / whole,
    close: async () => {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** Processor time of a process, milliseconds: proc(5), `stat`, fields 14 and 15, in ticks of 10 ms. */
export const cpuMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
