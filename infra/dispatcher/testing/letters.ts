import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { redrive } from '../../../events/parked/decide.ts'
import { lettersOf, type LoadedLetter } from '../../aggregates/letters.ts'
import { jetStreamEventStore } from '../../event-store/jetstream/store.ts'
import { fromStored } from '../../nats/direct.ts'
import { park } from '../../nats/park.ts'
import { STREAM } from '../../nats/subjects.ts'
import { wireHeaders } from '../../nats/wire.ts'

const METADATA = { correlationId: 'c1', actor: 'test' } as const

/** Dead letters over one connection: made as groups make them, and redriven as the API does. */
export const letterBox = async (nc: NatsConnection) => {
  const letters = lettersOf(await jetStreamEventStore({ nc }))
  const manager = await jetstreamManager(nc)

  const load = async (letterId: string): Promise<LoadedLetter> => letters.load(letterId)
  return {
    load,
    /** The types of a letter's history. */
    told: async (letterId: string): Promise<readonly string[]> => (await load(letterId)).events.map(({ type }) => type),
    /** Lets an event be given up by `group`; resolves to the letter's id. Without `fields` it is one that any function reads. */
    parked: async (group: string, id: string, data: unknown = { id }, fields = wireHeaders({ id, type: 'Happened', version: 1, metadata: METADATA, data, revision: 0 })): Promise<string> => {
      const all = headers()
      for (const [name, value] of fields) all.set(name, value)
      const { seq } = await jetstream(nc).publish(`events.deployment.${id}`, JSON.stringify(data), { headers: all })
      const stored = await manager.streams.getMessage(STREAM.events, { seq })
      if (!stored) throw new Error('what was published is not there')
      return park(nc, { group, stream: STREAM.events, message: fromStored(stored), reason: 'it failed', attempts: 8 })
    },
    redrive: async (letterId: string, cause: string = letterId): Promise<void> =>
      void (await letters.change(letterId, (letter) => redrive({ at: new Date().toISOString() }, letter), cause, METADATA)),
  }
}
