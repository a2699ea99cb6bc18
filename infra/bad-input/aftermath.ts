import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '../../events/envelope.ts'
import { holdsRefusedText } from '../../events/text.ts'
import { brokenHistories } from '../chaos/verify/histories.ts'
import { openLetters } from '../chaos/verify/parked.ts'
import { deviatingReadModels } from '../chaos/verify/read-models.ts'
import { jetStreamEventStore } from '../event-store/jetstream/store.ts'
import type { Playground } from '../local/playground.ts'
import { logger } from '../log.ts'
import { connectNats } from '../nats/connect.ts'
import type { Projection } from '../projector/projection.ts'

/** Nothing new for so long: what was asked for has been done. Milliseconds; and it ends, for timers go on. */
const QUIET_MS = 1_500
const MOST_MS = 60_000

/**
 * What is in the store that should not be: an event of a refused request, text that no row holds, what no release wrote, a change that the
 * table of states does not know, something given up; and read models that are not what the store makes of them.
 */
export const aftermath = async (playground: Playground, refused: ReadonlySet<string>, projections: readonly Projection[]): Promise<readonly string[]> => {
  const connection = await connectNats({ NATS_URL: playground.urls.nats, SECRETS_DIR: playground.secretsDir }, 'bad-input')
  try {
    const store = await jetStreamEventStore({ nc: connection })
    const unreadable: string[] = []
    const read = async (): Promise<readonly RecordedEvent[]> => {
      const events: RecordedEvent[] = []
      unreadable.length = 0
      for await (const event of store.readAll({ unreadable: (error, position) => unreadable.push(`${position}: ${error.message}`) })) events.push(event)
      return events
    }
    let events = await read()
    for (const until = Date.now() + MOST_MS; Date.now() < until; ) {
      await sleep(QUIET_MS)
      const now = await read()
      if (now.length === events.length) break
      events = now
    }
    const { broken } = await deviatingReadModels(playground, projections, store, logger('bad-input'))
    return [
      ...unreadable.map((what) => `no event: ${what}`),
      ...events.filter(({ metadata }) => refused.has(metadata.correlationId)).map(({ type, stream, metadata }) => `${type} in ${stream} was asked for by ${metadata.correlationId}, which was refused`),
      ...events.filter((event) => holdsRefusedText(event)).map(({ type, stream }) => `${type} in ${stream} holds text that no row does`),
      ...brokenHistories(events), ...openLetters(events).map((letter) => `given up: ${letter}`), ...broken,
    ]
  } finally {
    await connection.close()
  }
}
