import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.ts'
import type { Part } from './part.ts'
import { READ_MODELS_NICE } from './servers/postgres.ts'

/** Our processes, and the servers each cannot begin without; whatever else it needs it waits for itself. */
const OWN = {
  credentials: ['nats-server', 'minio'],
  gateway: ['nats-server', 'postgres'],
  dispatcher: ['nats-server', 'gateway'],
  projector: ['nats-server', 'postgres'],
  agent: ['nats-server'],
  edge: ['nats-server', 'haproxy'],
} as const

/** `infra/<name>/main.ts`, each run by the Node that runs this, in the project's folder. */
export const ownParts = ({ variables }: Pick<Environment, 'variables'>): readonly Part[] =>
  Object.entries(OWN).map(([name, after]) => ({
    name, role: 'own', after, stopSignal: 'SIGTERM',
    launch: { file: process.execPath, args: [entryOf(name)], env: variables, ...(name === 'projector' ? { nice: READ_MODELS_NICE } : {}) },
    ready: { line: isReadyLine },
  }))

export const entryOf = (name: string): string => fileURLToPath(new URL(join('..', name, 'main.ts'), import.meta.url))

/** The one log line with which a part says that it serves: `{"ready":true, ...}`. */
export const isReadyLine = (line: string): boolean => {
  if (!line.startsWith('{') || !line.includes('"ready":true')) return false
  try {
    return (JSON.parse(line) as { readonly ready?: unknown }).ready === true
  } catch {
    return false // looks like it, is not
  }
}
