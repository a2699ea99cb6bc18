import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readConfig, type Config } from '../config.ts'
import { binary } from '../local/binaries.ts'
import { end, freePort, listening } from '../testing/servers.ts'
import { haproxyArguments, prepareHaproxy } from './haproxy.ts'
import { endHaproxy, SIGNING_KEY } from './testing.ts'

/** One edge as it runs in earnest: a process of its own and its own HAProxy, which outlives it. */
export type EdgeProcess = {
  readonly config: Config
  /** To the edge's process, not to HAProxy. */
  signal(name: NodeJS.Signals): void
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again; resolves when it says that it is ready. `changed`: of its configuration. */
  start(changed?: Readonly<Record<string, string>>): Promise<void>
  stop(): Promise<void>
}

export const startEdgeProcess = async (natsUrl: string, environment: Readonly<Record<string, string>> = {}): Promise<EdgeProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'orp edge-'))
  const [http, waker, gateway] = await Promise.all([freePort(), freePort(), freePort()])
  const variables = {
    DATA_DIR: folder, SECRETS_DIR: join(folder, 'secrets'), EDGE_SOCKET: join(folder, 'haproxy.sock'), NATS_URL: natsUrl, HTTP_PORT: String(http),
    WAKER_PORT: String(waker), GATEWAY_PORT: String(gateway), LOG_LEVEL: 'info', ...environment,
  }
  const config = readConfig(variables)
  mkdirSync(config.SECRETS_DIR)
  writeFileSync(join(config.SECRETS_DIR, 'signing-key'), SIGNING_KEY, { mode: 0o600 })
  prepareHaproxy(config)
  const haproxy = spawn(binary('haproxy'), haproxyArguments(config), { stdio: 'ignore' })
  const leaveNone = () => [haproxy, child].forEach((one) => one?.kill('SIGKILL'))
  process.once('exit', leaveNone)
  await listening(config.HTTP_PORT)

  let child: ChildProcess | undefined
  const start = async (changed: Readonly<Record<string, string>> = {}): Promise<void> => {
    const started = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, ...variables, ...changed } })
    child = started
    const lines = createInterface(started.stderr)
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => line.includes('"ready":true') && resolve())
      started.once('exit', (code) => reject(new Error(`the edge ended with ${code}`)))
    })
  }
  await start()
  return {
    config, start,
    signal: (name) => void child?.kill(name),
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    stop: async () => {
      child?.kill('SIGCONT')
      if (child) await end(child)
      await endHaproxy(haproxy)
      process.removeListener('exit', leaveNone)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
