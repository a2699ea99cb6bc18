import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { DrainEvent } from '../../events/drain/events.ts'
import { deploymentsOf } from '../aggregates/deployments.ts'
import { instancesOf } from '../aggregates/instances.ts'
import { clientOf } from '../credentials/identity.ts'
import { memoryEdges } from '../edge/memory-edges.ts'
import { memoryEventStore } from '../event-store/memory.ts'
import { memoryPayloads } from '../letters/memory.ts'
import { logger } from '../log.ts'
import { memoryRoutes } from '../routes/memory.ts'
import { TOKEN_PATH } from '../token-path.ts'
import { issuerUrls } from './issuer-url.ts'
import type { Platform, PlatformSettings } from './port.ts'
import { testAgents, type TestAgents } from './testing/agents.ts'
import { testHits, testTimers } from './testing/messages.ts'
import { testStorage } from './testing/storage.ts'
import { testSubscribers } from './testing/subscribers.ts'

export type TestPlatformOptions = {
  /** The clock's first moment, RFC 3339. */
  readonly at?: string
  readonly nodes?: readonly string[]
  readonly defaults?: Partial<PlatformSettings['defaults']>
  readonly heal?: Partial<PlatformSettings['heal']>
}

export const OPERATOR_TOKEN = 'the-operator-token'

/** Everything functions act through, in memory and with a clock that stands until it is told to go on. */
export type TestPlatform = Platform & {
  readonly store: ReturnType<typeof memoryEventStore>
  readonly routes: ReturnType<typeof memoryRoutes>
  readonly timers: ReturnType<typeof testTimers>
  readonly hits: ReturnType<typeof testHits>
  readonly edges: ReturnType<typeof memoryEdges>
  readonly storage: ReturnType<typeof testStorage>
  readonly payloads: ReturnType<typeof memoryPayloads>
  readonly agents: TestAgents
  readonly subscribers: ReturnType<typeof testSubscribers>
  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void
}

export const testPlatform = ({ at = '2026-01-01T00:00:00.000Z', nodes = ['node-1'], defaults = {}, heal = {} }: TestPlatformOptions = {}): TestPlatform => {
  let time = Date.parse(at)
  const clock = () => new Date(time)
  const now = () => clock().toISOString()
  const store = memoryEventStore(clock)
  return {
    store,
    deployments: deploymentsOf(store),
    instances: instancesOf(store),
    agents: testAgents(nodes, async (node) => ((await store.last<DrainEvent>(`drain.${node}`))?.type ?? 'NodeReturned') !== 'NodeReturned'),
    edges: memoryEdges(),
    routes: memoryRoutes(),
    timers: testTimers(now),
    hits: testHits(now),
    storage: testStorage(),
    clients: { secret: async (of) => clientOf('a key for tests', of) },
    payloads: memoryPayloads(),
    subscribers: testSubscribers(),
    readModels: emptyDatabase(),
    clock,
    log: logger('test', 'silent'),
    settings: {
      operatorToken: OPERATOR_TOKEN,
      urlOf: (name) => `http://${name}.play.localhost:8080`,
      tokenUrlOf: (name) => `http://${name}.play.localhost:8080${TOKEN_PATH}`,
      trustsUrl: issuerUrls({ DEPLOYMENTS_DOMAIN: 'play.localhost', OUTBOUND_ALLOW: '' }),
      defaults: { pauseAfterSeconds: 60, hibernateAfterSeconds: 900, ...defaults },
      heal: { everyMs: 10_000, leaseMs: 30_000, movesPerSweep: 25, movesPerMinute: 100, crashes: 5, crashWindowMs: 600_000, ...heal },
      moves: { patienceMs: 60_000, atOnce: 4 },
      sweepEveryMs: 86_400_000,
    },
    advance: (milliseconds) => void (time += milliseconds),
  }
}

/** Compiles every query for PostgreSQL and finds nothing. */
const emptyDatabase = (): Kysely<unknown> =>
  new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
