// Of the vitest project `swarm`: brings a bed up for all its tests, or takes the one that TESTBED names, and puts the bases in its registry.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
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
    await fillRegistry(bed)
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

const fillRegistry = async ({ builder, registry }: Bed): Promise<void> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../images/bases/main.ts', import.meta.url)), '--push', registry.address], {
    stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DOCKER_HOST: `unix://${builder.socket}`, DOCKER_CONFIG: registry.dockerConfig },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new TestbedError('the bases are not in the registry: see above')
}
