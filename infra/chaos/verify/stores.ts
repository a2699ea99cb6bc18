import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../../events/envelope.ts'
import { secret } from '../../config.ts'
import { connectRoot } from '../../credentials/root.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import type { EventStore } from '../../event-store/port.ts'
import type { Playground } from '../../local/playground.ts'
import type { Projection } from '../../projector/projection.ts'
import { logger } from '../../log.ts'
import { connectNats } from '../../nats/connect.ts'
import type { Ledger } from '../ledger.ts'
import type { Verdict } from '../report.ts'
import { unkeptAnswers } from './acknowledged.ts'
import { brokenHistories } from './histories.ts'
import { brokenLogs } from './logs.ts'
import { openLetters } from './parked.ts'
import { deviatingReadModels } from './read-models.ts'
import { doubledSlots } from './slots.ts'

type Verifying = { readonly playground: Playground; readonly projections: readonly Projection[]; readonly natsUrl: string; readonly ledger: Ledger; readonly say: (text: string) => void }

/** Nobody asks for anything now: all falls asleep by itself, and then nothing more is appended. */
const QUIET_MS = 4_000
const PATIENCE_MS = 45_000

/** What the stores say, read past all our parts. */
export const verifyStores = async ({ playground, projections, natsUrl, ledger, say }: Verifying): Promise<readonly Verdict[]> => {
  const config = { NATS_URL: natsUrl, SECRETS_DIR: playground.secretsDir }
  const nc = await connectNats(config, 'chaos')
  const doubled = await doubledSlots(playground.dataDir)
  try {
    const store = await jetStreamEventStore({ nc })
    const events = await untilQuiet(store)
    say(`${events.length} events are stored; comparing`)
    const root = connectRoot({ endpoint: playground.urls.objectStore, region: 'us-east-1', bucket: 'one-record', user: secret(config, 'object-store-user'), password: secret(config, 'object-store-password') })
    const [logs, models] = await Promise.all([brokenLogs(root, ledger.deployments.map(({ id }) => id)), deviatingReadModels(playground, projections, store, logger('chaos', 'silent'))])
    return [
      { promise: 'every answer to a command is in the event store', seen: `${ledger.acknowledged.length} answers`, broken: unkeptAnswers(ledger.acknowledged, events) },
      { promise: 'every history is legal, and nothing happened twice', seen: `${events.length} events`, broken: brokenHistories(events) },
      { promise: 'no deployment is served by two slots', seen: 'asked of the slots', broken: doubled },
      { promise: 'every ONE Record log has one owner after the other', seen: `${logs.commits} commits`, broken: logs.broken },
      { promise: 'the read models are what a build from the events makes', seen: `${models.rows} rows`, broken: models.broken },
      { promise: 'nothing is parked', seen: 'dead letters', broken: openLetters(events) },
    ]
  } finally {
    await nc.close()
  }
}

const untilQuiet = async (store: EventStore): Promise<readonly RecordedEvent[]> => {
  let [head, since] = [await store.head(), Date.now()]
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && Date.now() - since < QUIET_MS; await sleep(250)) {
    const now = await store.head()
    if (now !== head) [head, since] = [now, Date.now()]
  }
  const events: RecordedEvent[] = []
  for await (const event of store.readAll()) events.push(event)
  return events
}
