import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { engineInfo } from './engine.ts'
import { deployStack, untilServing } from './deploy.ts'
import { imagePrefix } from './environment.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { REGISTRY_USER } from './registry-conf.ts'

export type BuildOptions = {
  /** Of images; none: all. */
  readonly names: readonly string[]
  readonly tag: string | undefined
  readonly seconds: number
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

const REGISTRY_SERVICES = ['registry', 'registry-door'] as const

/** Builds our images with this engine and pushes them to the registry of the cluster, which is brought up for it. */
export const build = async (folder: OperatorFolder, { names, tag = folder.settings.IMAGE_TAG, seconds, say, signal }: BuildOptions): Promise<void> => {
  const { Name, Swarm } = await engineInfo()
  if (Swarm.LocalNodeState !== 'active') throw new Error(`${Name} is in no Swarm: images are pushed to the registry at its own door, so build on a node`)
  if (imagePrefix().startsWith('127.0.0.1:')) {
    await deployStack(folder, { services: REGISTRY_SERVICES, signal })
    await untilServing(seconds, { services: REGISTRY_SERVICES, say, signal })
    say('the registry serves')
  }
  const prefix = imagePrefix()
  const args = ['--tag', tag, '--push', prefix, '--user', REGISTRY_USER, '--password-file', join(folder.secrets, 'registry-password'), ...names]
  const child = spawn(process.execPath, [join(import.meta.dirname, '../images/main.ts'), ...args], { stdio: ['ignore', 'inherit', 'inherit'], signal })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== 0) throw new Error('not all images are built and pushed')
  say(`images are ${prefix}/NAME:${tag}`)
}
