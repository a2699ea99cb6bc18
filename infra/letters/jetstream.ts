import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { fromStored } from '../nats/direct.ts'
import { PARKED, parkedSubject } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import type { Payloads } from './port.ts'
import { show } from './show.ts'

/** Payloads in the stream PARKED, from the leader: what was parked a moment ago is there. */
export const natsPayloads = async (nc: NatsConnection): Promise<Payloads> => {
  const manager = await jetstreamManager(nc, { checkAPI: false })
  const read: Payloads['read'] = async (letter) => {
    try {
      const found = await manager.streams.getMessage(STREAM.parked, { last_by_subj: parkedSubject(letter) })
      if (!found) return null
      const message = fromStored(found)
      const parked = (name: string): string => message.header(name) ?? ''
      return { ...message, subject: parked(PARKED.subject), sequence: Number(parked(PARKED.sequence)), at: parked(PARKED.at) }
    } catch (error) {
      throw unavailable(error)
    }
  }
  return { read, show: async (letter) => read(letter).then((message) => message && show(message)) }
}
