import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'
import type { InstanceEvent } from '../../events/instance/events.ts'
import { natsCredentials } from '../credentials/client.ts'
import type { StorageAccess } from '../credentials/port.ts'
import { followInstances, type Follower } from '../demo/follow.ts'
import { httpClient, operator, type Client, type Operator } from '../demo/http.ts'
import { randomId } from '../ids.ts'
import { startPlayground } from '../local/playground.ts'
import { connectNats } from '../nats/connect.ts'

export type Deployed = { readonly id: string; readonly name: string; readonly url: string }

/** A playground of the bench's own, and what it takes to drive it. */
export type Ground = {
  readonly client: Client
  readonly api: Operator
  readonly follower: Follower
  readonly connection: NatsConnection
  /** Where the playground keeps its data. */
  readonly dataDir: string
  /** Credentials of a record of nobody's, for the floors: the same object store. */
  readonly storage: () => Promise<StorageAccess>
  /** A deployment that answers. */
  deploy(): Promise<Deployed>
  /** Does something and waits for the instance event it leads to; again when it does not come (a busy instance is not paused). */
  until(deployment: Deployed, type: InstanceEvent['type'], act: () => Promise<unknown>): Promise<void>
}

const PATIENCE_MS = 3_000
const ATTEMPTS = 10

/** Runs a measurement on a playground on free ports, with so many warm slots; ends it all. */
export const onPlayground = async <T>(spareSlots: number, measure: (ground: Ground) => Promise<T>, env: Readonly<Record<string, string>> = {}): Promise<T> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orp-bench-'))
  const playground = await startPlayground({ dataDir, ports: 'free', env: { SPARE_SLOTS: String(spareSlots), LOG_LEVEL: 'warn', ...env } })
  const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'bench')
  const follower = await followInstances(playground)
  const client = httpClient({ keepAlive: false })
  const api = operator(client, playground.urls.platform, playground.tokenFile)
  try {
    return await measure({
      client, api, follower, connection, dataDir,
      storage: () => natsCredentials(connection).mint(randomId()),
      deploy: async () => {
        const made = await api.call<Deployed>('POST', '/', { settings: { open: true, requestsPerMinute: 1_000_000 } })
        const answer = await client.ask(`${made.url}/`)
        if (answer.status !== 200) throw new Error(`${made.url}: ${answer.status} ${answer.body.toString('utf8')}`)
        return made
      },
      until: async ({ id }, type, act) => {
        for (let attempt = 1; ; attempt += 1) {
          const heard = follower.next(id, type, PATIENCE_MS).then(() => true, () => false)
          await act()
          if (await heard) return
          if (attempt === ATTEMPTS) throw new Error(`no ${type} of ${id}`)
        }
      },
    })
  } finally {
    client.close()
    await follower.close()
    await connection.close()
    await playground.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
