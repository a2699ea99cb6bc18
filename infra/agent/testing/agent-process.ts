import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { reapSlots } from '../reap.ts'
import { SIGNING_KEY, type Ground } from './agent.ts'

/** The agent as the process that it is, with the real ONE Record server in its slots; a folder of its own, kept over restarts. */
export const agentProcess = async (ground: Ground, node: string, own: Readonly<Record<string, string>> = {}) => {
  const dataDir = mkdtempSync(join(ground.folder, 'data-'))
  mkdirSync(join(dataDir, 'secrets'))
  writeFileSync(join(dataDir, 'secrets', 'signing-key'), SIGNING_KEY)
  const begin = async (changes: Readonly<Record<string, string>> = {}): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LOG_LEVEL: 'info', DATA_DIR: dataDir, SECRETS_DIR: join(dataDir, 'secrets'), NATS_URL: ground.nats.url, NODE_NAME: node, SPARE_SLOTS: '2', ...own, ...changes },
    })
    for await (const line of createInterface(child.stderr)) if (line.includes('"ready":true')) break
    child.stderr.resume()
    return child
  }
  let child = await begin()
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ended = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    const [code] = await ended
    return code
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null
  return {
    dataDir, node, stop,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    restart: async (changes: Readonly<Record<string, string>> = {}) => {
      child = await begin(changes)
    },
    /** Ends it and its slots, whatever state they are in. */
    end: async () => {
      if (isRunning()) await stop('SIGKILL')
      await reapSlots(dataDir)
    },
  }
}
