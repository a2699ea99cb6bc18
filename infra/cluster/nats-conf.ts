import { authorization, type BrokerUsers } from '../nats/users.ts'

/** How long a server that is told to end goes on moving its clients to the others, seconds, the least it takes; its container has a minute. */
const LAME_DUCK_SECONDS = 30

/**
 * The configuration of each nats-server of the cluster; `routePassword` is for them among themselves. Its name is the node's
 * (NATS_NAME), so that its data are known again. The others are found by DNS: `nats` is all of them, and who finds itself asks again.
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
  authorization { user: "route", password: ${JSON.stringify(routePassword)}, timeout: 3 }
  routes: [${JSON.stringify(`nats://route:${routePassword}@nats:6222`)}]
}

${authorization(users)}`
