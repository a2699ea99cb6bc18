import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.ts'
import type { Part } from './part.ts'
import { READ_MODELS_NICE } from './servers/postgres.ts'
import { haproxyBeside, kindOf, type Instance } from './several.ts'

/** Our processes, and what each cannot begin without; whatever else it needs it waits for itself. */
export const ownParts = ({ variables, instances }: Pick<Environment, 'variables' | 'instances'>): readonly Part[] => {
  const part = ({ name, own }: Instance, after: readonly string[]): Part => ({
    name, role: 'own', after, stopSignal: 'SIGTERM',
    launch: {
      file: process.execPath, args: [entryOf(name)], env: { ...variables, ...textOf(own), PART_NAME: name },
      ...(kindOf(name) === 'projector' ? { nice: READ_MODELS_NICE } : {}),
    },
    ready: { line: isReadyLine },
  })
  const gateways = instances.gateway.map(({ name }) => name)
  return [
    ...instances.credentials.map((one) => part(one, ['nats-server', 'minio'])),
    ...instances.gateway.map((one) => part(one, ['nats-server', 'postgres'])),
    ...instances.dispatcher.map((one) => part(one, ['nats-server', ...gateways])),
    ...instances.projector.map((one) => part(one, ['nats-server', 'postgres'])),
    ...instances.agent.map((one) => part(one, ['nats-server'])),
    ...instances.edge.map((one) => part(one, ['nats-server', haproxyBeside(one.name)])),
  ]
}

/** Configuration as an environment holds it. */
export const textOf = (values: Readonly<Record<string, string | number>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))

/** `infra/<kind>/main.ts`, each run by the Node that runs this, in the project's folder. */
export const entryOf = (name: string): string => fileURLToPath(new URL(join('..', kindOf(name), 'main.ts'), import.meta.url))

/** The one log line with which a part says that it serves: `{"ready":true, ...}`. */
export const isReadyLine = (line: string): boolean => {
  if (!line.startsWith('{') || !line.includes('"ready":true')) return false
  try {
    return (JSON.parse(line) as { readonly ready?: unknown }).ready === true
  } catch {
    return false // looks like it, is not
  }
}
