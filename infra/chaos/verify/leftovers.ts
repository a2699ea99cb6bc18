import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { look, type Identity } from '../../local/processes.ts'

/** What is left when a playground has ended: processes, and ports somebody listens on. */
export const leftovers = async (left: readonly Identity[], dataDir: string): Promise<readonly string[]> => {
  const ports = Object.entries(JSON.parse(readFileSync(join(dataDir, 'ports.json'), 'utf8')) as Record<string, number>)
  const taken = await Promise.all(ports.map(async ([name, port]) => ((await accepts(port)) ? [`somebody listens on port ${port} (${name})`] : [])))
  return [...left.map(({ pid }) => `process ${pid} (${look(pid)?.name ?? 'ended since'}) is left`), ...taken.flat()]
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
