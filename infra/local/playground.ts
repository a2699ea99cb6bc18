import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { findRunning, type Running } from './running.ts'
import { OWNED } from './starter.ts'

export type PlaygroundOptions = {
  readonly dataDir: string
  /** Configuration beside the data folder: `{PAUSE_AFTER_SECONDS: '2'}`. */
  readonly env?: Readonly<Record<string, string>>
  /** Free ports, or the configured ones. */
  readonly ports?: 'free' | 'configured'
  readonly serversOnly?: boolean
  /** Each line of its output, as it comes. */
  readonly onLine?: (line: string) => void
}

export type Playground = Running & {
  readonly token: string
  /** Ends it as Ctrl-C does; resolves when nothing of it is left. @throws Error when it did not end well, or a part asked the broker for more than it may */
  stop(): Promise<void>
  /** kill -9 of the supervisor; its reaper ends the rest within seconds. */
  kill(): Promise<void>
}

/** Starts a playground as `npm start` does, in a process of its own. @throws Error with what it printed, when it does not start */
export const startPlayground = async (options: PlaygroundOptions): Promise<Playground> => {
  const child = launch(options)
  const printed: string[] = []
  const keep = (chunk: Buffer) => {
    const lines = String(chunk).split('\n').filter(Boolean)
    printed.push(...lines)
    lines.forEach((line) => options.onLine?.(line))
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const running = await served(options.dataDir, child)
  if (!running) throw new Error(`the playground did not start:\n${printed.join('\n')}`)
  return {
    ...running,
    token: readFileSync(running.tokenFile, 'utf8').trimEnd(),
    stop: async () => {
      child.kill('SIGTERM')
      const [code, signal] = await ended
      if (code !== 0) throw new Error(`the playground ended with ${signal ?? `code ${code}`}:\n${printed.slice(-30).join('\n')}`)
      refuseViolations(join(options.dataDir, 'logs', 'nats-server.log'))
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * Who follows events by a consumer without a name lets the broker forget it, though its client would take it away at a reconnect. And a
 * broker that was started anew does not know of a question that came before: its answer is lost as any may be, and the question asked again.
 */
const LET_BE = /user:(edge|agent)" - Publish Violation - Subject "\$JS\.API\.CONSUMER\.DELETE\.EVENTS\.|Publish Violation - Subject "_INBOX_/

const refuseViolations = (log: string): void => {
  const violations = readFileSync(log, 'utf8').split('\n').filter((line) => line.includes(' Violation - ') && !LET_BE.test(line))
  if (violations.length > 0) throw new Error(`${violations.length} times a part asked the broker for what infra/nats/permissions.ts does not grant it:\n${violations.slice(0, 10).join('\n')}`)
}

const launch = ({ dataDir, env, ports = 'free', serversOnly = false }: PlaygroundOptions): ChildProcess => {
  const flags = [...(ports === 'free' ? ['--free-ports'] : []), ...(serversOnly ? ['--servers-only'] : [])]
  // not the npm of whoever calls: the playground would end with that
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  const child = spawn(process.execPath, [fileURLToPath(new URL('start.ts', import.meta.url)), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, ...env, DATA_DIR: dataDir, [OWNED]: '1' },
  })
  const endIt = () => void child.kill('SIGTERM') // a crashed test leaves none
  process.once('exit', endIt)
  child.once('exit', () => process.removeListener('exit', endIt))
  return child
}

const served = async (dataDir: string, child: ChildProcess): Promise<Running | null> => {
  while (child.exitCode === null && child.signalCode === null) {
    const running = findRunning(dataDir)
    if (running?.pid === child.pid) return running
    await sleep(50)
  }
  return null
}
