import { setTimeout as sleep } from 'node:timers/promises'
import { projections } from '../../projections/index.ts'
import { readConfig } from '../config.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import { announceReady, logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { connectNats, onReconnect } from '../nats/connect.ts'
import { ensureStreams } from '../nats/streams.ts'
import { connectPostgres } from '../postgres/connect.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing } from '../tracing/span.ts'
import { parkLetters } from './letters.ts'
import { measureProjector } from './metrics.ts'
import { startProjector } from './run.ts'

/** Longest time to finish the batches in work when asked to end; what is left is applied after the next start. */
const STOP_MS = 8_000
const RETRY_MS = 200

const config = readConfig()
const log = logger('projector', config.LOG_LEVEL)

/** A broker that accepts connections may not serve its streams yet. */
const eventually = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      log.warn({ err: error }, 'the event store is not there yet')
      await sleep(RETRY_MS)
    }
  }
}

await openTracing('projector', config.PART_NAME || 'projector', log)
const connection = await connectNats(config, 'projector')
const replicas = config.NATS_REPLICAS
const ensure = () => ensureStreams(connection, { replicas })
await eventually(ensure)
onReconnect(connection, ensure)
const store = await eventually(() => jetStreamEventStore({ nc: connection, replicas }))
const postgres = connectPostgres(config, log)
const projector = startProjector({ store, postgres, projections, park: await parkLetters(connection), log })
measureProjector({ projector, projections, store })
openMetrics(connection, 'projector', config.PART_NAME || 'projector', log)

const stop = async (): Promise<void> => {
  const finished = projector.close().then(() => Promise.all([postgres.close(), store.close()])).then(() => connection.drain()).then(endTracing).then(() => true)
  if (!(await Promise.race([finished, sleep(STOP_MS, false)]))) log.warn({ afterMs: STOP_MS }, 'ended in the middle of a batch')
  process.exit(0)
}
const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the projector cannot go on')
  process.exit(1)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop().catch(fail))
void connection.closed().then((error) => (error ? fail(error) : undefined))

await projector.ready
announceReady(log)
