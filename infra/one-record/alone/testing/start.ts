import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { vi } from 'vitest'
import { end, freePort } from '../../../testing/servers.ts'

/** `said`: all that it said at its start; `lines`: what it says on standard output, as it comes. */
export type Started = { readonly child: ChildProcess; readonly base: string; readonly said: string; readonly lines: readonly string[] }

const children: ChildProcess[] = []

/** Ends all that were spawned since. */
export const endAll = (): Promise<unknown> => Promise.all(children.splice(0).map((child) => end(child)))

export const spawnAlone = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  children.push(child)
  return child
}

/** A server on a free port, unless the arguments name one; resolves once it serves. */
export const startAlone = async (args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Started> => {
  const given = args.indexOf('--port')
  const port = given < 0 ? await freePort() : Number(args[given + 1])
  const child = spawnAlone(given < 0 ? [...args, '--port', String(port)] : args, environment)
  const lines: string[] = []
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => lines.push(line))
  let failure = ''
  child.stderr?.on('data', (chunk: Buffer) => (failure += chunk.toString()))
  const base = `http://127.0.0.1:${port}`
  await vi.waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${failure}`)
    return lines.length > 1 && fetch(`${base}/healthz`).then(({ status }) => status === 200, () => false)
  }, { timeout: 60_000 })
  return { child, base, said: lines.join('\n'), lines }
}

/** The client secret that it said; '' when it said none. */
export const secretOf = ({ said }: Started): string => /: ([\w-]{43})$/m.exec(said)?.[1] ?? ''
