import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { failure } from '../../events/errors.ts'
import { fromStored } from '../nats/direct.ts'
import { park } from '../nats/park.ts'
import { STREAM } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import { groupOf, type Park } from './poison.ts'

/** Parks as every group does: the message as it lies in the stream, its reason, group `projector-<projection>`. @throws STORE_UNAVAILABLE */
export const parkLetters = async (nc: NatsConnection): Promise<Park> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  return async ({ projection, position, reason }) => {
    try {
      const stored = await jsm.streams.getMessage(STREAM.events, { seq: Number(position) })
      if (!stored) throw failure('STORE_UNAVAILABLE', { reason: `it has nothing at ${position} any more` })
      return await park(nc, { group: groupOf(projection), stream: STREAM.events, message: fromStored(stored), reason, attempts: 1 })
    } catch (error) {
      throw unavailable(error)
    }
  }
}
