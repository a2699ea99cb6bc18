import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { authorization, brokerUsers, type BrokerUsers } from '../../nats/users.ts'
import { binary } from '../binaries.ts'
import type { Environment } from '../environment.ts'
import type { Part } from '../part.ts'
import type { Ports } from '../ports.ts'

/** The broker: JetStream in the data folder, every write on disk before it is acknowledged. */
export const nats = ({ config, ports, dataDir }: Pick<Environment, 'config' | 'dataDir'> & { readonly ports: Pick<Ports, 'NATS_URL'> }): Part => {
  const folder = join(dataDir, 'nats')
  const file = join(folder, 'nats.conf')
  return {
    name: 'nats-server', role: 'server', after: [], stopSignal: 'SIGTERM',
    prepare: async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(file, configuration({
        port: ports.NATS_URL, store: resolve(folder, 'jetstream'), users: brokerUsers(config),
      }), { mode: 0o600 })
    },
    launch: { file: binary('nats-server'), args: ['-c', file] },
    ready: { line: (line) => line.includes('Server is ready') },
  }
}

type Options = { readonly port: number; readonly store: string; readonly users: BrokerUsers }

const configuration = ({ port, store, users }: Options): string => `
listen: "127.0.0.1:${port}"
server_name: "playground"
# by default the limit is three quarters of what is free at its start: no start on a disk that is a little full, and a limit that lies later
jetstream: { store_dir: ${JSON.stringify(store)}, sync_interval: always, max_file_store: 1P, max_memory_store: 1G }
${authorization(users)}`
