import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { readConfig, type Config } from '../config.ts'
import { textOf } from './own-parts.ts'
import { StartError } from './part.ts'
import { PORT_VARIABLES, chooseFree, furtherPorts, portOf, type PortName, type PortVariable, type Ports } from './ports.ts'
import { passwordFile } from './secrets.ts'
import { databaseUrl } from './servers/postgres.ts'
import { instancesOf, type Instances } from './several.ts'

/** All that is decided before anything starts. */
export type Environment = {
  /** What was set, before ports and paths were filled in. */
  readonly settings: Config
  readonly config: Config
  readonly ports: Ports
  /** As configured: relative to the project, which every part has as its working folder. */
  readonly dataDir: string
  /** Our parts of which there may be several. */
  readonly instances: Instances
  /** What our own parts get: the configuration, complete. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether the playground runs PostgreSQL itself. */
  readonly ownDatabase: boolean
}

/** A part starts again when its code changes: slots outlive their agent then, and their data does anyway. */
const FOR_DEVELOPMENT = { LOG_LEVEL: 'debug', AGENT_STOP: 'keep' }

const envFile = process.env['ENV_FILE'] || '.env'

/** Reads `.env` and the environment (which wins). @throws StartError naming what is wrong */
export const readSettings = (dev: boolean): Config => {
  if (existsSync(envFile)) process.loadEnvFile(envFile)
  return parsed({ ...(dev ? FOR_DEVELOPMENT : {}), ...process.env })
}

const parsed = (variables: Readonly<Record<string, string | undefined>>): Config => {
  try {
    return readConfig(variables)
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}

/** As it was set when this process began, without what `.env` says. */
const set = { ...process.env }

/** What HAProxy is made of and nothing else has to be started again for. */
const RELOADED = [
  'HTTP_PORT', 'WAKES_PER_ADDRESS', 'GATEWAY_ADDRESSES', 'FUNCTION_TIMEOUT_SECONDS', 'WAKER_TIMEOUT_SECONDS', 'RELOAD_DRAIN_SECONDS',
] as const satisfies readonly (keyof Config)[]
const isReloaded = (name: string): boolean => RELOADED.some((one) => one === name)

/**
 * The environment as a reload makes it: `.env` is read again; `notTaken`: settings that changed as well, which only a start takes.
 * @throws StartError naming what is wrong
 */
export const renewEnvironment = (environment: Environment, freePorts: boolean): { readonly environment: Environment; readonly notTaken: readonly string[] } => {
  const settings = parsed({ ...(existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {}), ...set })
  const before = environment.settings
  const ports: Ports = freePorts ? environment.ports : { ...environment.ports, HTTP_PORT: settings.HTTP_PORT }
  const taken = Object.fromEntries(RELOADED.map((name) => [name, settings[name]]))
  const config: Config = {
    ...environment.config, ...taken, HTTP_PORT: ports.HTTP_PORT,
    GATEWAY_ADDRESSES: settings.GATEWAY_ADDRESSES || gatewayAddresses(environment.config.GATEWAYS, ports),
  }
  const socketOf = (folder: string): string => environment.instances.edge.find(({ own }) => own.DATA_DIR === folder)?.own.EDGE_SOCKET ?? config.EDGE_SOCKET
  return {
    environment: { ...environment, config, ports, settings: { ...before, ...taken }, instances: instancesOf(config, ports, socketOf), variables: { ...environment.variables, ...textOf(config) } },
    notTaken: Object.entries(settings).flatMap(([name, value]) => (!isReloaded(name) && value !== before[name as keyof Config] ? [name] : [])),
  }
}

/** Chooses ports and completes the configuration. @throws StartError naming what is wrong */
export const resolveEnvironment = async (given: Config, freePorts: boolean): Promise<Environment> => {
  const dataDir = given.DATA_DIR
  const ports = await resolvePorts(given, freePorts)
  const ownDatabase = given.DATABASE_URL === ''
  const config: Config = {
    ...given,
    // below the data folder wherever that is, unless they were set themselves
    SECRETS_DIR: process.env['SECRETS_DIR'] || join(dataDir, 'secrets'),
    EDGE_SOCKET: process.env['EDGE_SOCKET'] || socketPath(join(dataDir, 'edge')),
    HTTP_PORT: ports.HTTP_PORT, WAKER_PORT: ports.WAKER_PORT, GATEWAY_PORT: ports.GATEWAY_PORT, POSTGRES_PORT: ports.POSTGRES_PORT,
    GATEWAY_ADDRESSES: given.GATEWAY_ADDRESSES || gatewayAddresses(given.GATEWAYS, ports),
    NATS_URL: given.NATS_PORT === 0 ? `nats://127.0.0.1:${ports.NATS_URL}` : given.NATS_URL,
    OBJECT_STORE_URL: `http://127.0.0.1:${ports.OBJECT_STORE_URL}`,
    DATABASE_URL: ownDatabase ? databaseUrl(ports.POSTGRES_PORT) : given.DATABASE_URL,
  }
  const variables = {
    ...textOf(config),
    ...(ownDatabase ? { PGPASSFILE: resolve(passwordFile(config.SECRETS_DIR)) } : {}),
  }
  return { settings: given, config, ports, dataDir, instances: instancesOf(config, ports, socketPath), variables, ownDatabase }
}

/** Empty for a single one, which is where its port says. */
const gatewayAddresses = (count: number, ports: Ports): string => count === 1 ? '' : Array.from({ length: count }, (_, index) => `127.0.0.1:${portOf(ports, 'GATEWAY_PORT', index)}`).join(',')

const resolvePorts = async (config: Config, freePorts: boolean): Promise<Ports> => {
  const wanted: Ports = {
    HTTP_PORT: config.HTTP_PORT, WAKER_PORT: config.WAKER_PORT, GATEWAY_PORT: config.GATEWAY_PORT, POSTGRES_PORT: config.POSTGRES_PORT,
    NATS_URL: config.NATS_PORT || loopbackPort('NATS_URL', config.NATS_URL), OBJECT_STORE_URL: loopbackPort('OBJECT_STORE_URL', config.OBJECT_STORE_URL),
  }
  const isFree = (variable: PortVariable) => wanted[variable] === 0 || (freePorts && !(variable === 'NATS_URL' && config.NATS_PORT !== 0))
  const free = [...PORT_VARIABLES.filter(isFree), ...furtherPorts('HTTP_PORT', config.EDGES), ...furtherPorts('WAKER_PORT', config.EDGES), ...furtherPorts('GATEWAY_PORT', config.GATEWAYS)]
  if (free.length === 0) return wanted
  const kept = join(config.DATA_DIR, 'ports.json')
  const ports = { ...wanted, ...(await chooseFree(free, portsBefore(kept))) }
  mkdirSync(config.DATA_DIR, { recursive: true })
  writeFileSync(kept, JSON.stringify(Object.fromEntries(free.map((name) => [name, ports[name]]))))
  return ports
}

const portsBefore = (file: string): Partial<Record<PortName, number>> =>
  existsSync(file) ? z.record(z.string(), z.int()).parse(JSON.parse(readFileSync(file, 'utf8'))) : {}

/** The playground runs its own broker and object store, on loopback. */
const loopbackPort = (variable: PortVariable, url: string): number => {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const host = parsed?.hostname ?? ''
  if (!parsed?.port || (host !== 'localhost' && !(isIP(host) && host.startsWith('127.')))) {
    throw new StartError(`Configuration: ${variable}: npm start runs this server itself, so it must be a loopback address with a port, such as 127.0.0.1:4222; it is ${url}`)
  }
  return Number(parsed.port)
}

// sockaddr_un holds 104 (macOS) to 108 bytes, and HAProxy binds to a longer name first
const MAX_SOCKET_PATH = 90

/** In the edge's folder, unless that lies too deep for a socket: then in a folder of its own, closed to others. */
const socketPath = (folder: string): string => {
  const path = resolve(folder, 'haproxy.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  return join(mkdtempSync('/tmp/orp-edge-'), 'haproxy.sock')
}
