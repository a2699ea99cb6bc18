// Composition of the playground on one machine: reads the configuration, starts servers and parts, and ends them all.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { roomOn } from '../disk/room.ts'
import { restartOnChange, showLine } from './dev.ts'
import { readSettings, resolveEnvironment, type Environment } from './environment.ts'
import { mendBroker } from './full-disk.ts'
import { watchStarter } from './starter.ts'
import { HELP, readOptions, type Options } from './options.ts'
import { release, startReaper, takeOver } from './own-data.ts'
import { ownParts } from './own-parts.ts'
import { StartError, type Part } from './part.ts'
import { PORT_VARIABLES, demandFree, type Listener } from './ports.ts'
import { HASTY } from './reap.ts'
import { listenForReloads } from './reloads.ts'
import { NO_RELOAD, announce, withdraw } from './running.ts'
import { makeSecrets } from './secrets.ts'
import { haproxies } from './servers/haproxy.ts'
import { minio } from './servers/minio.ts'
import { nats } from './servers/nats.ts'
import { postgres } from './servers/postgres.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { welcome } from './welcome.ts'

const began = Date.now()
const report = (text: string): void => void process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
process.stdout.on('error', () => {}) // whoever read this is gone; the playground need not be

/** Something asked for the end: a signal, or npm's death. Asked again, it is in a hurry. */
const asked = (hurry: () => void): Promise<string> =>
  new Promise((resolve) => {
    let times = 0
    const ask = (why: string) => () => (times++ === 0 ? resolve(why) : hurry())
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, ask(name))
    watchStarter((who) => ask(`${who} has ended`)())
  })

const run = async (options: Options): Promise<void> => {
  process.chdir(fileURLToPath(new URL('../..', import.meta.url))) // relative paths of the configuration begin here
  const settings = readSettings(options.dev)
  mkdirSync(settings.DATA_DIR, { recursive: true, mode: 0o711 })
  await takeOver(settings.DATA_DIR, report)
  try {
    await serve(options, await resolveEnvironment(settings, options.freePorts))
  } finally {
    release(settings.DATA_DIR)
  }
}

const serve = async (options: Options, environment: Environment): Promise<void> => {
  const { config, dataDir } = environment
  makeSecrets(config)
  await demandFree(listeners(environment, options))
  const parts = await partsOf(environment, options)
  const reaper = startReaper(dataDir)
  const room = roomOn(dataDir, config.DISK_RESERVE_MB)
  const supervisor: Supervisor = createSupervisor({
    dataDir, parts, report, room, maxDeaths: config.MAX_DEATHS, ...(options.dev ? { onCrashLoop: 'wait' } : {}),
    onLine: (part, line) => {
      broker.hear(part, line)
      if (options.dev) showLine(part, line)
    },
  })
  const broker = mendBroker({ room, restart: supervisor.restart, report })
  const end = asked(() => void supervisor.stop(HASTY))
  try {
    const started = supervisor.start().then(() => null)
    const early = await Promise.race([started, end])
    if (early !== null) {
      started.catch(() => {}) // parts that end before they are ready, as they were told to
      return report(`ending (${early})`)
    }
    if (options.dev) restartOnChange(parts, supervisor, report)
    listenForReloads({ environment, freePorts: options.freePorts, renew: async (next) => supervisor.renew(await partsOf(next, options)), report })
    report(welcome(announce(environment, NO_RELOAD), options))
    const reason = await Promise.race([end, supervisor.failed])
    if (reason instanceof StartError) throw reason
    report(`ending (${reason})`)
  } finally {
    withdraw(dataDir)
    broker.stop()
    await supervisor.stop()
    await reaper.dismiss()
    report('ended')
  }
}

const partsOf = async (environment: Environment, { serversOnly }: Options): Promise<readonly Part[]> => {
  const servers = [nats(environment), minio(environment), ...haproxies(environment), ...(environment.ownDatabase ? [await postgres(environment)] : [])]
  const parts = serversOnly ? servers : [...servers, ...ownParts(environment)]
  const names = new Set(parts.map(({ name }) => name))
  return parts.map((part) => ({ ...part, after: part.after.filter((name) => names.has(name)) }))
}

const listeners = ({ config, ports, ownDatabase }: Environment, { serversOnly }: Options): readonly Listener[] =>
  PORT_VARIABLES.flatMap((variable) => {
    const ours = variable === 'GATEWAY_PORT' || variable === 'WAKER_PORT'
    if ((ours && serversOnly) || (variable === 'POSTGRES_PORT' && !ownDatabase)) return []
    return [{ variable, port: ports[variable], address: ours || variable === 'HTTP_PORT' ? config.BIND_ADDRESS : '127.0.0.1' }]
  })

const main = async (): Promise<number> => {
  try {
    const options = readOptions(process.argv.slice(2))
    if (options.help) process.stdout.write(HELP)
    else await run(options)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof StartError ? error.message : (error as Error).stack}\n`)
    return 1
  }
}

process.exit(await main())
