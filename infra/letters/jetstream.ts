import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { fromStored } from '../nats/direct.ts'
import { PARKED, PARKED_APART, parkedSubject } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import type { StreamMessage } from '../nats/wire.ts'
import type { Payloads } from './port.ts'
import { show } from './show.ts'

type Place = Pick<StreamMessage, 'subject' | 'sequence' | 'at'>

/** null when it is gone, or another is there: streams in memory begin anew. */
const whereItLay = async (manager: JetStreamManager, stream: string, place: Place): Promise<StreamMessage | null> => {
  const found = await manager.streams.getMessage(stream, { seq: place.sequence })
  const message = found && fromStored(found)
  return message?.subject === place.subject && Math.abs(Date.parse(message.at) - Date.parse(place.at)) <= 1 ? message : null
}

/** Payloads in the stream PARKED, from the leader: what was parked a moment ago is there. */
export const natsPayloads = async (nc: NatsConnection): Promise<Payloads> => {
  const manager = await jetstreamManager(nc, { checkAPI: false })
  const read: Payloads['read'] = async (letter) => {
    try {
      const found = await manager.streams.getMessage(STREAM.parked, { last_by_subj: parkedSubject(letter) })
      if (!found) return null
      const message = fromStored(found)
      const parked = (name: string): string => message.header(name) ?? ''
      const place = { subject: parked(PARKED.subject), sequence: Number(parked(PARKED.sequence)), at: parked(PARKED.at) }
      return message.header(PARKED_APART) ? await whereItLay(manager, parked(PARKED.stream), place) : { ...message, ...place }
    } catch (error) {
      throw unavailable(error)
    }
  }
  return { read, show: async (letter) => read(letter).then((message) => message && show(message)) }
}
