import { isAlive } from '../local/processes.ts'
import type { Bed } from './state.ts'
import { swarmNodes, type SwarmNode } from './swarm.ts'

/** What a bed is and how to reach it, for a person or, on one line, for a program. */
export const statusOf = async (bed: Bed, json: boolean): Promise<string> => {
  const seen = bed.swarm ? await firstAnswer(bed) : []
  const nodes = bed.nodes.map((node) => ({ ...node, runs: runs(bed, node.name), swarm: seen.find(({ name }) => name === node.name) ?? null }))
  if (json) return JSON.stringify({ ...bed, nodes })
  const { registry } = bed
  return [
    `${bed.name}: ${bed.phase}, ${bed.subnet}, this machine is ${bed.gateway}${bed.owner ? `, ends with process ${bed.owner.pid}` : ''}`,
    ...nodes.map(({ name, address, socket, runs: alive, swarm }) => `  ${name.padEnd(9)}${address.padEnd(16)}DOCKER_HOST=unix://${socket}  ${alive ? (swarm ? `${swarm.state}, ${swarm.leader ? 'leader' : swarm.reachability}` : 'runs') : 'is off'}`),
    `  builder  ${'this machine'.padEnd(16)}DOCKER_HOST=unix://${bed.builder.socket}  ${runs(bed, 'builder') ? 'runs; build with --network host' : 'is off'}`,
    `  registry ${registry.address.padEnd(16)} user ${registry.user}, password ${registry.password}  ${runs(bed, 'registry') ? 'runs' : 'is off'}`,
    `           DOCKER_CONFIG=${registry.dockerConfig} is logged in; certificate ${registry.ca}`,
  ].join('\n')
}

const runs = ({ processes }: Bed, what: string): boolean => {
  const process = processes[what]
  return process !== undefined && isAlive(process)
}

/** A manager that is cut off has no quorum, and answers late or not at all. */
const firstAnswer = async ({ nodes }: Bed): Promise<readonly SwarmNode[]> => {
  const asked = nodes.map(({ socket }) => swarmNodes(socket))
  const late = new Promise<never>((_, reject) => void setTimeout(reject, 3_000).unref())
  return Promise.race([Promise.any(asked), late]).catch(() => [])
}
