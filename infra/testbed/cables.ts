import { isAlive, signal } from '../local/processes.ts'
import { endProcesses } from './cgroups.ts'
import { ready, startEngine } from './engine.ts'
import { run } from './run.ts'
import { readBed, writeBed, type Bed, type BedNode } from './state.ts'
import { TestbedError } from './testbed-error.ts'

const nodeOf = (bed: string, name: string): { readonly bed: Bed; readonly node: BedNode } => {
  const found = readBed(bed)
  if (!found) throw new TestbedError(`there is no test bed ${bed}`)
  const node = found.nodes.find((each) => each.name === name)
  if (!node) throw new TestbedError(`the test bed ${bed} has no node ${name}, but ${found.nodes.map((each) => each.name).join(', ')}`)
  return { bed: found, node }
}

/** Pulls the node's cable: it runs on, and neither hears nor is heard. */
export const pullCable = async (bed: string, name: string): Promise<void> => void (await run('ip', ['link', 'set', nodeOf(bed, name).node.link, 'down']))
export const plugCable = async (bed: string, name: string): Promise<void> => void (await run('ip', ['link', 'set', nodeOf(bed, name).node.link, 'up']))

/** Cuts the node's power: engine and containers end at once, what is on its disk stays. */
export const cutPower = async (bed: string, name: string): Promise<void> => {
  const machine = nodeOf(bed, name).bed.processes[name]
  if (machine) signal(machine, 'SIGKILL')
  await endProcesses(bed, name)
}

/** Switches it on again. Resolves when its engine answers. */
export const switchOn = async (bedName: string, name: string): Promise<void> => {
  const { bed, node } = nodeOf(bedName, name)
  const machine = bed.processes[name]
  if (machine && isAlive(machine)) return
  writeBed({ ...bed, processes: { ...bed.processes, [name]: startEngine({ bed: bedName, name, link: node.link }) } })
  await ready(bedName, name)
}
