import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { z } from 'zod'
import type { BedNode } from './state.ts'
import { TestbedError } from './testbed-error.ts'

const PORT = 2377

/** Makes one Swarm of the nodes, all managers. Resolves when each is ready and every manager reaches the others. */
export const formSwarm = async (nodes: readonly BedNode[]): Promise<void> => {
  const [first, ...others] = nodes
  if (!first) return
  const docker = new Docker({ socketPath: first.socket })
  await docker.swarmInit({ AdvertiseAddr: first.address, ListenAddr: `${first.address}:${PORT}` })
  const { JoinTokens } = z.object({ JoinTokens: z.object({ Manager: z.string() }) }).parse(await docker.swarmInspect())
  for (const { socket, address } of others) {
    await new Docker({ socketPath: socket }).swarmJoin({ AdvertiseAddr: address, ListenAddr: `${address}:${PORT}`, RemoteAddrs: [`${first.address}:${PORT}`], JoinToken: JoinTokens.Manager })
  }
  for (const until = Date.now() + 180_000; ; await sleep(50)) {
    const seen = await swarmNodes(first.socket)
    if (seen.length === nodes.length && seen.every(({ state, reachability }) => state === 'ready' && reachability === 'reachable')) return
    if (Date.now() > until) throw new TestbedError(`after three minutes the Swarm is ${seen.map(({ name, state, reachability }) => `${name} ${state} ${reachability}`).join(', ')}`)
  }
}

export type SwarmNode = { readonly name: string; readonly state: string; readonly reachability: string; readonly leader: boolean }

/** As the manager behind that socket sees them. */
export const swarmNodes = async (socket: string): Promise<readonly SwarmNode[]> =>
  seenNodes.parse(await new Docker({ socketPath: socket }).listNodes()).map(({ Description, Status, ManagerStatus }) => ({
    name: Description.Hostname ?? '', state: Status.State, reachability: ManagerStatus?.Reachability ?? 'worker', leader: ManagerStatus?.Leader ?? false,
  }))

const seenNodes = z.array(z.object({
  Description: z.object({ Hostname: z.string().optional() }),
  Status: z.object({ State: z.string() }),
  ManagerStatus: z.object({ Reachability: z.string(), Leader: z.boolean().optional() }).optional(),
}))
