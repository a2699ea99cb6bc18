import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { secret } from '../config.ts'
import { readStack } from '../gateway/stack.ts'
import { listNodes } from './engine.ts'
import { imagePrefix } from './environment.ts'
import { ask, type Answer } from './ask.ts'
import type { OperatorFolder } from './operator-folder.ts'

export type FunctionsOptions = { readonly seconds: number; readonly say: (text: string) => void; readonly signal: AbortSignal }

/** Port of the gateway, which each manager has for itself. */
const PORT = 8082

/** Deploys the functions of stack.yml by the gateway's REST API, as `faas-cli deploy` does; resolves when all answer. */
export const deployFunctions = async (folder: OperatorFolder, { seconds, say, signal }: FunctionsOptions): Promise<void> => {
  const gateway = await findGateway(folder)
  const specs = readStack(join(import.meta.dirname, '../../stack.yml'), { IMAGE_PREFIX: imagePrefix(), IMAGE_TAG: folder.settings.IMAGE_TAG })
  for (const spec of specs) {
    const updated = await gateway('PUT', '/system/functions', spec)
    const { status, body } = updated.status === 404 ? await gateway('POST', '/system/functions', spec) : updated
    if (status !== 200 && status !== 202) throw new Error(`${spec.service}: the gateway answered ${status}: ${body.trim().slice(0, 500)}`)
    say(`${spec.service}: ${spec.image}`)
  }
  const names = new Set(specs.map(({ service }) => service))
  let told = -1
  for (const until = Date.now() + seconds * 1_000; ; await sleep(1_000, undefined, { signal })) {
    const listed = functionsSchema.parse(JSON.parse((await gateway('GET', '/system/functions')).body))
    const waiting = listed.filter(({ name, availableReplicas }) => names.has(name) && availableReplicas === 0).map(({ name }) => name)
    if (waiting.length === 0) return say(`${names.size} functions answer`)
    if (waiting.length !== told) say(`waiting: ${waiting.join(', ')}`)
    told = waiting.length
    if (Date.now() > until) throw new Error(`after ${seconds} s these do not answer: ${waiting.join(', ')}`)
  }
}

const functionsSchema = z.array(z.looseObject({ name: z.string(), availableReplicas: z.number() }))

type Gateway = (method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) => Promise<Answer>

/** This machine's own, where it is a node, since the firewall lets nobody else in; else any manager's. @throws Error when none answers */
const findGateway = async ({ secrets }: OperatorFolder): Promise<Gateway> => {
  const [user, password] = [secret({ SECRETS_DIR: secrets }, 'basic-auth-user'), secret({ SECRETS_DIR: secrets }, 'basic-auth-password')]
  const headers = { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  const managers = (await listNodes()).filter(({ role, state }) => role === 'manager' && state === 'ready').map(({ address }) => address)
  const tried: string[] = []
  for (const host of ['127.0.0.1', ...managers]) {
    try {
      // another gateway may listen there: who does not take the password is not ours
      if ((await ask({ host, port: PORT, method: 'GET', path: '/system/functions', headers })).status === 200) {
        return (method, path, body) => ask({ host, port: PORT, method, path, headers: { ...headers, 'Content-Type': 'application/json' } }, body === undefined ? undefined : JSON.stringify(body))
      }
      tried.push(`${host}: it does not take the password, or does not know yet what is deployed`)
    } catch (error) {
      tried.push(`${host}: ${(error as Error).message}`)
    }
  }
  throw new Error(`no gateway answers at port ${PORT}; run this on a manager. ${tried.join(', ')}`)
}
