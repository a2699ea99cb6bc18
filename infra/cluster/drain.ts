import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { docker } from '../images/docker.ts'
import { listNodes, listServices, type Node } from './engine.ts'
import { STACK } from './environment.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { askPlatform } from './platform.ts'
import { LABEL, STORES } from './shares.ts'

export type DrainOptions = { readonly node: string; readonly seconds: number; readonly say: (text: string) => void; readonly signal: AbortSignal }

/**
 * Empties a node without a failed request: first the platform moves its deployments, each to a slot elsewhere, then Swarm moves the
 * services. Data stay where they are, so a broker and drives are away until the node returns: one such node at a time.
 * @throws Error, with the node in use as before, when another store node is away already
 */
export const drainNode = async (folder: OperatorFolder, { node: name, seconds, say, signal }: DrainOptions): Promise<void> => {
  const nodes = await listNodes()
  const node = named(nodes, name)
  refuseSecond(nodes, node)
  if (await isPlatformThere()) {
    await command(folder, `/api/nodes/${name}/drain`)
    say(`${name} takes no more deployments; those it has are moving`)
    await untilEmpty(folder, name, { seconds, say, signal })
  }
  await docker(['node', 'update', '--availability', 'drain', node.id])
  say(`${name} is drained: its services are elsewhere, its data stay. "return ${name}" when it is done`)
}

export const returnNode = async (folder: OperatorFolder, { node: name, say }: Omit<DrainOptions, 'seconds'>): Promise<void> => {
  const node = named(await listNodes(), name)
  await docker(['node', 'update', '--availability', 'active', node.id])
  say(`${name} takes services again`)
  if (await isPlatformThere()) {
    await command(folder, `/api/nodes/${name}/return`)
    say(`${name} takes deployments again`)
  }
}

const named = (nodes: readonly Node[], name: string): Node => {
  const node = nodes.find((one) => one.name === name)
  if (!node) throw new Error(`there is no node ${name}; there are ${nodes.map((one) => one.name).join(', ')}`)
  return node
}

const refuseSecond = (nodes: readonly Node[], node: Node): void => {
  if (node.labels[LABEL.store] === undefined) return
  const away = nodes.filter((one) => one.id !== node.id && one.labels[LABEL.store] !== undefined && (one.state !== 'ready' || one.availability === 'drain'))
  if (away.length > 0) throw new Error(`${away.map(({ name }) => name).join(', ')} is away: of ${STORES} brokers two must stay, or nothing can be written. Bring it back first`)
}

const isPlatformThere = async (): Promise<boolean> => (await listServices(`name=${STACK}_gateway`)).length > 0

const command = async (folder: OperatorFolder, path: string): Promise<void> => {
  const { status, body } = await askPlatform(folder, 'POST', path)
  if (status < 200 || status > 299) throw new Error(`${path} answered ${status}: ${body.slice(0, 500)}`)
}

/** What is read of a node here (docs/nodes.md): whether it is drained yet, and how many deployments it still holds. */
const nodeSchema = z.looseObject({ drain: z.looseObject({ state: z.enum(['draining', 'drained']), left: z.int().nullable() }).nullable() })

const untilEmpty = async (folder: OperatorFolder, name: string, { seconds, say, signal }: Omit<DrainOptions, 'node'>): Promise<void> => {
  let told = -1
  for (const until = Date.now() + seconds * 1_000; ; await sleep(1_000, undefined, { signal })) {
    const { status, body } = await askPlatform(folder, 'GET', `/api/nodes/${name}`)
    const drain = status === 200 ? nodeSchema.parse(JSON.parse(body)).drain : null // a function of it may be on its way to another node
    if (drain?.state === 'drained') return
    const left = drain?.left ?? -1
    if (left !== told && left >= 0) say(`${left} deployments left on ${name}`)
    told = left
    if (Date.now() > until) throw new Error(`after ${seconds} s ${name} still holds deployments; its services stay. Again to go on, "return ${name}" to give up`)
  }
}
