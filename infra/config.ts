import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { BROKER_PARTS, passwordName } from './nats/parts.ts'

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const count = () => z.coerce.number().int().min(1).max(4).default(1)
const seconds = (fallback: number, max = 86_400) => z.coerce.number().int().min(1).max(max).default(fallback)

/**
 * The one environment of all parts. Every variable is documented in `.env.example`. Secrets are never in it: they are files of
 * `SECRETS_DIR` (mode 0600), see `secret`.
 */
export const configurationSchema = z.object({
  DATA_DIR: z.string().min(1).default('.data').describe('Folder for all data of the playground; ignored by git.'),
  DISK_RESERVE_MB: z.coerce.number().int().min(1).max(1_000_000).default(256).describe('Room on the disk of DATA_DIR that is kept for what exists to go on, at most a twentieth of it: when less is free, new things are refused (507), and everything when a quarter of it is left.'),
  SECRETS_DIR: z.string().min(1).default('.data/secrets').describe('Folder of the secrets, one file each, mode 0600; made at first start.'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least severe log line that is written.'),
  BIND_ADDRESS: z.string().min(1).default('127.0.0.1').describe('Address all listeners bind to; loopback unless configured.'),

  HTTP_PORT: port(8080).describe('Port of the edge (HAProxy): the platform and all deployments.'),
  PLATFORM_HOST: z.string().regex(/^[a-z0-9.-]+$/).default('localhost').describe('Host name of the platform itself.'),
  DEPLOYMENTS_DOMAIN: z.string().regex(/^[a-z0-9.-]+$/).default('play.localhost').describe('Deployments are reached at <name>.<this domain>.'),
  PUBLIC_SCHEME: z.enum(['http', 'https']).default('http').describe('Scheme visitors use; https when TLS ends at or before the edge.'),
  PUBLIC_PORT: port(0).describe('Port visitors use, if it is not HTTP_PORT (0: the same).'),
  EDGE_ID: z.string().regex(/^[a-z0-9-]{1,32}$/).default('edge-1').describe('Name of this edge, unique among edges.'),
  EDGE_SOCKET: z.string().default('.data/edge/haproxy.sock').describe('Runtime socket of HAProxy.'),
  RELOAD_DRAIN_SECONDS: seconds(3_600).describe('How long after a reload of HAProxy the one before goes on serving whom it has, WebSockets included.'),
  WAKER_PORT: port(8091).describe('Port of the waker, which HAProxy sends requests of sleeping deployments to.'),
  WAKER_SOCKET: z.string().default('').describe('Socket of the waker in place of its port: for an HAProxy in a container beside it, which shares the folder.'),
  WAKER_QUEUE: z.coerce.number().int().min(1).max(100_000).default(2_000).describe('Requests the waker holds at most; more get 503.'),
  WAKER_TIMEOUT_SECONDS: seconds(20, 600).describe('Longest time the waker holds a request; then 503 with Retry-After.'),
  WAKES_PER_OWNER: z.coerce.number().int().min(1).max(1_000_000).default(6_000).describe('Wakes of the deployments of one owner in a minute at most, shared evenly among the edges; more get 429.'),
  WAKES_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).default(600).describe('Different sleeping deployments one client address may come to in a minute, at each edge; more get 429.'),

  GATEWAY_PORT: port(8082).describe('Port of the gateway: the OpenFaaS REST API and /function/NAME.'),
  GATEWAY_ADDRESSES: z.string().regex(/^([^\s,]+:\d+(,[^\s,]+:\d+)*)?$/).default('').describe('Gateways as HAProxy and dispatchers reach them, host:port, comma-separated; empty: the one at BIND_ADDRESS and GATEWAY_PORT.'),
  GATEWAY_BODY_LIMIT_BYTES: z.coerce.number().int().min(1_024).max(2 ** 31).default(16 * 1024 * 1024).describe('Largest body a function takes, in bytes.'),
  FUNCTION_TIMEOUT_SECONDS: seconds(60, 3_600).describe('Longest time a function may take to answer.'),
  STACK_FILE: z.string().default('stack.yml').describe('Functions deployed at start, of a gateway that runs them itself.'),
  IMAGE_PREFIX: z.string().regex(/^[a-z0-9][a-z0-9._:/-]*[a-z0-9]$/).default('one-record-playground').describe('What the names of all images begin with; REGISTRY/one-record-playground in a cluster.'),
  FUNCTION_HOST: z.enum(['in-process', 'swarm']).default('in-process').describe('What runs functions: the gateway itself, or a Docker Swarm, asked at DOCKER_HOST.'),
  FUNCTION_SCOPE: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/).default('fn').describe('Begins the names of what gateways make in the Swarm; those of one scope share their functions, and touch nothing else.'),
  FUNCTION_NETWORK: z.string().min(1).default('functions').describe('Overlay network of functions.'),
  NAMESPACE_NETWORKS: z.string().default('').describe('Overlay networks, separated by commas, of which each namespace gets one to itself; empty: all are on FUNCTION_NETWORK. Gateways are on all of them.'),
  PLATFORM_IMAGES: z.string().default('').describe('Beginning of the names of images whose functions may be annotated platform: "true"; empty: none.'),
  PLATFORM_NETWORK: z.string().min(1).default('platform').describe('Overlay network of broker and stores, which functions of the platform are on besides.'),
  PLATFORM_SECRETS: z.string().default('').describe('Swarm secrets that functions of the platform get, separated by commas: NAME, or FILE=NAME.'),
  PLATFORM_ENV: z.string().default('').describe('File of lines NAME=value: the environment of functions of the platform.'),

  NATS_URL: z.string().min(1).default('nats://127.0.0.1:4222').describe('The broker; several, comma-separated, for a cluster.'),
  NATS_PORT: port(0).describe('Port the playground\'s broker listens on, if the parts reach it by another, such as a proxy\'s in NATS_URL (0: that of NATS_URL).'),
  NATS_REPLICAS: z.coerce.number().int().min(1).max(5).default(1).describe('Replicas of each stream.'),
  DATABASE_URL: z.string().default('').describe('PostgreSQL for the read models; empty: the playground runs its own.'),
  DATABASE_PASSWORD_FILE: z.string().default('').describe('File with the password for DATABASE_URL, where that has none.'),
  POSTGRES_PORT: port(5433).describe('Port of that PostgreSQL; 5432 is often taken by the system\'s.'),
  OBJECT_STORE_URL: z.url().default('http://127.0.0.1:9000').describe('MinIO, S3 endpoint.'),
  OBJECT_STORE_REGION: z.string().default('us-east-1').describe('Region named in signatures.'),
  OBJECT_STORE_BUCKET: z.string().regex(/^[a-z0-9-]{3,63}$/).default('one-record').describe('Bucket of all ONE Record data; versioned.'),

  NODE_NAME: z.string().regex(/^[a-z0-9-]{1,60}$/).default('node-1').describe('Name of this node, unique in the cluster.'),
  SPARE_SLOTS: z.coerce.number().int().min(0).max(1_000).default(4).describe('Warm slots kept ahead on this node.'),
  MAX_SLOTS: z.coerce.number().int().min(1).max(10_000).default(200).describe('Slots on this node at most, claimed and spare.'),
  FREEZER: z.enum(['auto', 'signal', 'cgroup']).default('auto').describe('How slots are frozen: SIGSTOP, the cgroup freezer, or whichever works.'),
  LEASE_SECONDS: seconds(30, 3_600).describe('How long a claim is valid without the agent confirming it.'),
  AGENT_STOP: z.enum(['end', 'keep', 'drain']).default('end').describe('What an agent that is stopped does with its slots: ends them, keeps them for the next agent, or drains its node first and ends what is left.'),
  AGENT_DRAIN_SECONDS: seconds(20, 3_600).describe('How long it waits then for what it holds to go elsewhere; less than whoever stops it waits for it.'),

  DOCKER_HOST: z.string().startsWith('unix:///').default('unix:///var/run/docker.sock').describe('Socket of the node\'s Docker Engine.'),
  SLOT_RUNTIME: z.enum(['process', 'swarm']).default('process').describe('What slots run in: processes that the agent starts, or containers that Swarm keeps and the slot-keeper plans.'),
  SLOT_IMAGE: z.string().default('').describe('Image of slots in containers, NAME:TAG or NAME@DIGEST; another one is a new generation, to which deployments are moved.'),
  SPARE_PATIENCE_SECONDS: seconds(60).describe('How long slots in containers that nobody needs are kept: sleepers wake in waves.'),
  SLOT_POOL: z.string().regex(/^[a-z][a-z0-9-]{0,20}$/).default('slot').describe('How the services of slots are called: <pool>_<plan>_<generation>; slots of another pool are left alone.'),
  SLOT_NETWORK: z.string().min(1).default('slots').describe('Overlay network on which slots in containers are reached.'),
  SLOT_CONTROL_VOLUME: z.string().min(1).default('slot-control').describe('Volume of each node that its slots and its agent share: the slots\' control sockets.'),
  SLOT_CONTROL_DIR: z.string().startsWith('/').default('/run/slot-control').describe('Where the agent has that volume.'),
  HOST_PROC: z.string().startsWith('/').default('/proc').describe('The node\'s /proc, as an agent in a container has it.'),
  CGROUP_ROOT: z.string().startsWith('/').default('/sys/fs/cgroup').describe('The node\'s cgroups, as an agent in a container has them; where there are none, the engine freezes its slots.'),

  OUTBOUND_ALLOW: z.string().default('').describe('What subscriptions and callbacks may reach besides public addresses on the ports 80 and 443: networks, names or :ports, separated by commas; 127.0.0.1/32 for experiments.'),

  PAUSE_AFTER_SECONDS: seconds(60).describe('Default idle time until a deployment is paused.'),
  HIBERNATE_AFTER_SECONDS: seconds(900, 30 * 86_400).describe('Default time in pause until a deployment hibernates.'),

  MOVE_PATIENCE_SECONDS: seconds(60, 3_600).describe('How long a deployment that moves to another slot may finish what is in flight; then that is cut off.'),
  MOVES_AT_ONCE: z.coerce.number().int().min(1).max(1_000).default(8).describe('Deployments of a drained node that move at the same time at most.'),

  HEAL_EVERY_SECONDS: seconds(10, 3_600).describe('How often what is wanted is compared with what is.'),
  HEAL_MOVES_PER_SWEEP: z.coerce.number().int().min(1).max(10_000).default(25).describe('Instances of vanished nodes given up in one such sweep at most; those awake begin anew elsewhere.'),
  HEAL_MOVES_PER_MINUTE: z.coerce.number().int().min(1).max(100_000).default(100).describe('The same, in a minute.'),
  HEAL_CRASHES: z.coerce.number().int().min(1).max(1_000).default(5).describe('Losses in a row, each soon after a start, until a deployment has failed.'),
  HEAL_CRASH_WINDOW_SECONDS: seconds(600).describe('Losses longer ago than this do not count.'),

  SWEEP_EVERY_SECONDS: seconds(86_400, 30 * 86_400).describe('How often what nobody needs is deleted from the object store, for each deployment that was awake since.'),
  SWEEP_GRACE_SECONDS: seconds(86_400, 30 * 86_400).describe('How long that stays after it was replaced, for whoever began to read it; longer than any upload, export or backup takes.'),

  GATEWAYS: count().describe('Gateways of the playground, 1 to 4. Of several alike, the second and further ones take free ports.'),
  DISPATCHERS: count().describe('Dispatchers of the playground, 1 to 4; one reads each function, another takes over.'),
  PROJECTORS: count().describe('Projectors of the playground, 1 to 4; one writes, another takes over.'),
  AGENTS: count().describe('Agents of the playground, 1 to 4, each a node of its own: node-1, node-2, ...'),
  EDGES: count().describe('Edges of the playground, 1 to 4, each with an HAProxy of its own.'),
  CREDENTIALS: count().describe('Minting services of the playground, 1 to 4; they share the work.'),
  PART_NAME: z.string().regex(/^[a-z0-9-]{0,60}$/).default('').describe('Name of this part in the broker\'s monitoring, where there are several of a kind; npm start sets it.'),
  HEALTH_FILE: z.string().default('').describe('File that a part which serves writes again and again, for the check of its container; empty: none.'),
  MAX_DEATHS: z.coerce.number().int().min(1).max(10_000).default(5).describe('How often a part of the playground may die within a minute; more, and the playground ends.'),
})
export type Config = Readonly<z.infer<typeof configurationSchema>>

/** Reads the environment. @throws Error naming each wrong variable and what would be right */
export const readConfig = (environment: Readonly<Record<string, string | undefined>> = process.env): Config => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const result = configurationSchema.safeParse(given)
  if (!result.success) throw new Error(`Configuration: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
  return result.data
}

export const SECRET_NAMES = [
  'operator-token', // bearer token of the API until accounts come
  'basic-auth-user', 'basic-auth-password', // the gateway's /system, as OpenFaaS names them
  'signing-key', // deliveries of the dispatcher, claim headers
  'deployments-key', // what the credentials of all deployments are derived from; only the minting service reads it
  'nats-user', 'nats-password', // of the operator, who may do everything there
  ...BROKER_PARTS.map(passwordName), // each part has a user of its own, with the least it needs
  'object-store-user', 'object-store-password',
  'database-password', // of the PostgreSQL that the playground runs itself
] as const
export type SecretName = (typeof SECRET_NAMES)[number]

/** One secret, without its trailing newline. @throws Error that names the file, never its content */
export const secret = (config: Pick<Config, 'SECRETS_DIR'>, name: SecretName): string => {
  const path = join(config.SECRETS_DIR, name)
  try {
    return readFileSync(path, 'utf8').trimEnd()
  } catch {
    throw new Error(`Secret ${name}: ${path} cannot be read; npm start makes it`)
  }
}

/** `https://example.org` or `http://demo.play.localhost:8080`: what visitors type, without a slash at the end. */
export const publicUrl = (config: Config, host: string): string => {
  const shown = config.PUBLIC_PORT || config.HTTP_PORT
  const isDefault = shown === (config.PUBLIC_SCHEME === 'https' ? 443 : 80)
  return `${config.PUBLIC_SCHEME}://${host}${isDefault ? '' : `:${shown}`}`
}
