// Of the vitest project `swarm`: brings a bed up for all its tests, or takes the one that TESTBED names, and puts the bases in its registry.
import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { provideBases } from './bases.ts'
import { down } from './down.ts'
import { readBed, type Bed } from './state.ts'
import { testbedOf } from './testing/testbed.ts'
import { TestbedError } from './testbed-error.ts'
import { up } from './up.ts'

const say = (text: string): void => void process.stderr.write(`test bed: ${text}\n`)

/** Resolves to what takes down what was brought up. */
export const setup = async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const running = process.env['TESTBED']
  const bed = running ? existing(running) : await up({ name: `t${randomBytes(4).toString('hex')}`, nodes: 3, swarm: true, ownerPid: process.pid, say })
  const end = running ? async () => {} : () => down(bed.name)
  try {
    await provideBases(bed, say)
  } catch (error) {
    await end()
    throw error
  }
  provide('testbed', testbedOf(bed))
  return end
}

const existing = (name: string): Bed => {
  const bed = readBed(name)
  if (bed?.phase !== 'up') throw new TestbedError(`TESTBED=${name}: there is no such bed; npm run testbed -- up --name ${name}`)
  return bed
}
