import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { docker } from '../images/docker.ts'
import { withLogin } from '../images/push.ts'
import { listServices, listTasks } from './engine.ts'
import { imagePrefix, STACK, STACK_FILE, stackVariables } from './environment.ts'
import { SERVERS } from './nats-conf.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { REGISTRY_USER } from './registry-conf.ts'

export type DeployOptions = {
  /** Only these services; the others stay as they are. */
  readonly services?: readonly string[]
  readonly signal: AbortSignal
}

/** Makes Swarm's services what stack.yml says; resolves when it has taken that, not when all run. */
export const deployStack = async (folder: OperatorFolder, { services, signal }: DeployOptions): Promise<void> => {
  const file = services === undefined ? STACK_FILE : writePart(folder, services)
  const prune = services === undefined ? ['--prune'] : []
  const environment = await stackVariables(folder)
  await withRegistry(folder, (configFolder) =>
    docker(['stack', 'deploy', '--with-registry-auth', '--resolve-image', 'always', ...prune, '--compose-file', file, STACK], { configFolder, signal, environment }))
}

/** Servers of which two of three must always be there, and that Swarm would change all at once. */
const ONE_BY_ONE: readonly string[] = [...SERVERS, 'minio-1', 'minio-2', 'minio-3']
/** A server that runs again has yet to catch up. */
const SETTLING_MS = 15_000

/** Changes each of those by itself, where they stand already: what does not change takes a moment. */
export const deployStores = async (folder: OperatorFolder, { seconds, say, signal }: { readonly seconds: number; readonly say: (text: string) => void; readonly signal: AbortSignal }): Promise<void> => {
  const versions = async () => new Map((await listServices(`label=com.docker.stack.namespace=${STACK}`)).map(({ ID, Name }) => [Name, ID]))
  for (const name of ONE_BY_ONE) {
    const id = (await versions()).get(`${STACK}_${name}`)
    if (id === undefined) continue
    const specOf = () => docker(['service', 'inspect', '--format', '{{json .Spec.TaskTemplate}}', id])
    const before = await specOf()
    await deployStack(folder, { services: [name], signal })
    if ((await specOf()) === before) continue
    say(`${name} is changed`)
    await untilServing(seconds, { services: [name], say, signal })
    await sleep(SETTLING_MS, undefined, { signal })
  }
}

/** With the registry's password in a configuration of docker's that goes again. */
export const withRegistry = <T>(folder: OperatorFolder, act: (configFolder: string) => Promise<T>): Promise<T> =>
  withLogin(imagePrefix().split('/')[0] ?? '', { user: REGISTRY_USER, passwordFile: join(folder.secrets, 'registry-password') }, act)

const stackSchema = z.looseObject({ services: z.record(z.string(), z.unknown()), configs: z.record(z.string(), z.looseObject({ file: z.string() })) })

const writePart = (folder: OperatorFolder, services: readonly string[]): string => {
  const stack = stackSchema.parse(parse(readFileSync(STACK_FILE, 'utf8'), { merge: true }))
  const part = {
    ...Object.fromEntries(Object.entries(stack).filter(([name]) => !name.startsWith('x-'))),
    services: Object.fromEntries(Object.entries(stack.services).filter(([name]) => services.includes(name))),
    configs: Object.fromEntries(Object.entries(stack.configs).map(([name, config]) => [name, { ...config, file: config.file.startsWith('./') ? resolve(import.meta.dirname, config.file) : config.file }])),
  }
  const path = folder.file('part.yml')
  writeFileSync(path, stringify(part), { mode: 0o600 })
  return path
}

/** Services that do not run as often as they should, and why, as their tasks say. */
export const lacking = async (services?: readonly string[]): Promise<readonly { readonly name: string; readonly replicas: string; readonly why: string }[]> => {
  const all = await listServices(`label=com.docker.stack.namespace=${STACK}`)
  const asked = all.filter(({ Name }) => services === undefined || services.includes(Name.slice(STACK.length + 1)))
  const short = asked.filter(({ Replicas }) => {
    const [running, wanted] = Replicas.split('/').map((part) => Number.parseInt(part, 10))
    return running !== wanted || wanted === 0
  })
  return await Promise.all(short.map(async ({ Name, Replicas }) => {
    const told = (await listTasks(Name)).filter(({ CurrentState }) => !CurrentState.startsWith('Running'))
    const why = told.map(({ Node: node, CurrentState, Error: error }) => `${node || 'no node'}: ${CurrentState}${error ? ` (${error})` : ''}`)[0]
    return { name: Name.slice(STACK.length + 1), replicas: Replicas, why: why ?? 'starting' }
  }))
}

/** Resolves when all run; tells what is lacking as that changes. @throws Error naming what is lacking after `seconds` */
export const untilServing = async (seconds: number, { services, say, signal }: { readonly services?: readonly string[]; readonly say: (text: string) => void; readonly signal: AbortSignal }): Promise<void> => {
  let told = ''
  for (const until = Date.now() + seconds * 1_000; ; await sleep(1_000, undefined, { signal })) {
    const short = await lacking(services)
    if (short.length === 0) return
    const names = short.map(({ name, replicas }) => `${name} ${replicas.split(' ')[0]}`).join(', ')
    if (names !== told) say(`waiting: ${names}`)
    told = names
    if (Date.now() > until) throw new Error(`after ${seconds} s these do not run:\n${short.map(({ name, replicas, why }) => `  ${name} ${replicas}: ${why}`).join('\n')}`)
  }
}
