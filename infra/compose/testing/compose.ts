import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FILE = join(import.meta.dirname, '../../../docker-compose.yml')

/** Runs one of its commands on docker-compose.yml. Resolves to what it prints. @throws Error with what it complains of */
export type Compose = (...args: readonly string[]) => Promise<string>

/** Docker's plugin, or the program that was there before it (1.29). @throws Error when this machine has neither */
export const composeWith = async (env: Readonly<Record<string, string>>): Promise<Compose> => {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  for (const [program = '', ...first] of [['docker', 'compose'], ['docker-compose']]) {
    const isThere = await run(program, [...first, 'version'], options).then(() => true, () => false)
    if (isThere) return async (...args) => (await run(program, [...first, '--file', FILE, ...args], options)).stdout
  }
  throw new Error('neither docker compose nor docker-compose can be run: apt-get install docker-compose')
}
