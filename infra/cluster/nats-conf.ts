import { authorization, type BrokerUsers } from '../nats/users.ts'

/** The services of stack.yml. */
export const SERVERS = ['nats-1', 'nats-2', 'nats-3'] as const

/** How long a server that is told to end goes on moving its clients to the others, seconds, the least it takes; its container has a minute. */
const LAME_DUCK_SECONDS = 30

/**
 * The configuration of each nats-server of the cluster; `routePassword` is for them among themselves. Its name (NATS_NAME) goes
 * with its data. Each is looked for by a name of its own: behind a name of all, a server that found only itself would stay alone.
 */
export const natsConfiguration = (users: BrokerUsers, routePassword: string): string => `
server_name: $NATS_NAME
listen: "0.0.0.0:4222"
http: "127.0.0.1:8222"
lame_duck_duration: "${LAME_DUCK_SECONDS}s"
lame_duck_grace_period: "2s"

# by default the limit of files is three quarters of what is free at its start: one that lies later
jetstream: { store_dir: "/data", sync_interval: always, max_file_store: 1P, max_memory_store: 1G }

cluster {
  name: "one-record"
  listen: "0.0.0.0:6222"
  # clients ask DNS: addresses of containers are others tomorrow
  no_advertise: true
  # one connection between two servers: of several, one may be lost alone, and then who is asked across it has no responders
  pool_size: -1
  # a server that is lost is known within 15 s, not minutes
  ping_interval: "5s"
  ping_max: 2
  authorization { user: "route", password: ${JSON.stringify(routePassword)}, timeout: 3 }
  routes: [${SERVERS.map((server) => JSON.stringify(`nats://route:${routePassword}@${server}:6222`)).join(', ')}]
}

${authorization(users)}`
