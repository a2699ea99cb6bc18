import type { Server } from 'node:http'
import type { NatsConnection } from '@nats-io/transport-node'
import type { AskRoom } from '../disk/room.ts'
import type { Log } from '../log.ts'
import { answerMetrics } from '../metrics/answer.ts'
import { registry as ofProcess } from '../metrics/registry.ts'
import { scrape } from '../metrics/scrape.ts'
import type { Outbound } from '../outbound/port.ts'
import type { Keys } from './access.ts'
import { announcer } from './announcer.ts'
import { openQueue } from './async/queue.ts'
import { functionMetrics } from './function-metrics.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { FunctionHost } from './host.ts'
import { openNamespaces } from './namespaces.ts'
import { openRegistry } from './registry.ts'
import { sealWith } from './seal.ts'
import { openSecrets } from './secrets.ts'
import { createGateway } from './server.ts'
import { settleOften } from './settle.ts'
import { watchSleep } from './sleep/sleep.ts'
import { sharedTable } from './shared-table.ts'
import { namespacesOf } from './stored-functions.ts'
import type { Patience } from './client-error.ts'

export type GatewayParts = {
  readonly host: FunctionHost
  /** Overlay networks that the gateways are on, one for each namespace that is made; empty: all namespaces share one. */
  readonly namespaceNetworks: readonly string[]
  readonly stack: readonly FunctionSpec[]
  readonly keys: Keys
  /** Name of this gateway, unique among gateways. */
  readonly instance: string
  readonly servedBy: string
  readonly bodyLimitBytes: number
  readonly timeoutSeconds: number
  readonly patience?: Patience
  /** Copies of what is stored, in the broker's cluster. */
  readonly replicas: number
  readonly connecting: Promise<NatsConnection>
  readonly outbound: Outbound
  /** Where the broker keeps what is queued. */
  readonly room: AskRoom
  readonly log: Log
}

export type Gateway = {
  /** Not yet listening. */
  readonly server: Server
  /** Resolves when all that was deployed earlier, by any gateway, is known here, and calls can be queued. */
  readonly loaded: Promise<void>
  /** Ends the answers that would never end, those of who follows logs, and lets queued calls that are under way end. */
  drain(): Promise<void>
  /** Once the server has closed. */
  close(): Promise<void>
}

/** All parts of a gateway, put together. @throws IMAGE_NOT_HELD, FUNCTION_INVALID for a function of the stack */
export const openGateway = async (parts: GatewayParts): Promise<Gateway> => {
  const { host, connecting, keys, replicas, stack, instance, log } = parts
  const seal = sealWith(keys.signingKey)
  const table = sharedTable(connecting, replicas, log)
  const announce = announcer(connecting, log)
  const namespaces = openNamespaces(table, namespacesOf(stack), parts.namespaceNetworks)
  const secrets = openSecrets(table, seal)
  const registry = await openRegistry({ host, table, secrets, networkOf: namespaces.networkOf, stack, changed: announce.changed, log })
  const metrics = functionMetrics(registry.here)
  const sleep = watchSleep({ table, registry, host, self: instance, log })
  const invocation = { sleep, registry, host, metrics, keys, bodyLimitBytes: parts.bodyLimitBytes, timeoutSeconds: parts.timeoutSeconds }
  const queue = openQueue({ connecting: table.loaded.then(() => connecting), invocation, seal, outbound: parts.outbound, replicas, room: parts.room, log })

  const settling = settleOften(registry, table.loaded, log)

  const self = { part: 'gateway', id: instance }
  const registers = [metrics.metrics, ofProcess]
  let broker: NatsConnection | null = null
  connecting.then((connection) => {
    broker = connection
    answerMetrics(connection, self, registers, log)
  }, () => {}) // main says that there is no connection
  return {
    server: createGateway({ ...invocation, namespaces, secrets, queue, scrape: () => scrape(self, registers, broker, log), servedBy: parts.servedBy, ...(parts.patience ? { patience: parts.patience } : {}), log }),
    loaded: Promise.all([table.loaded, queue.ready]).then(() => {}),
    drain: async () => {
      sleep.close()
      host.drain()
      await queue.close()
    },
    close: async () => {
      await settling.close()
      await table.close()
      await announce.close()
      await host.close()
    },
  }
}
