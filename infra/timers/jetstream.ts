import { jetstreamManager, PubHeaders } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { currentVersion, parseEvent } from '../../events/catalogue.ts'
import type { Metadata } from '../../events/envelope.ts'
import type { Message } from '../../events/messages.ts'
import type { AskRoom } from '../disk/room.ts'
import { randomId } from '../ids.ts'
import { askAgain } from '../nats/lost-answers.ts'
import { DUE_TTL } from '../nats/streams.ts'
import { STREAM, subject } from '../nats/subjects.ts'
import { storageFull, unavailable } from '../nats/unavailable.ts'
import { wireBody, wireHeaders } from '../nats/wire.ts'
import type { Timers } from './port.ts'

/**
 * Timers as JetStream schedules (ADR-51): a message on `timers.schedule.<key>` that the broker puts on `timers.due.<key>` at
 * its time. One message a subject, so setting a timer again replaces it; taking it back purges its subject.
 */
export const jetStreamTimers = async (nc: NatsConnection, room: AskRoom = () => 'ample'): Promise<Timers> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const ask = askAgain(nc)
  return {
    schedule: async (key, at, message, metadata) => {
      assertKey(key)
      if (room() === 'none') throw storageFull('the disk is almost full')
      const outgoing = outgoingOf(message, metadata)
      const fields = headers()
      for (const [name, value] of wireHeaders(outgoing)) fields.append(name, value)
      fields.append(PubHeaders.Schedule, `@at ${new Date(at).toISOString()}`)
      fields.append(PubHeaders.ScheduleTarget, subject.timerDue(key))
      fields.append(PubHeaders.ScheduleTTL, DUE_TTL)
      await ask(() => jsm.jetstream().publish(subject.timerSchedule(key), wireBody(outgoing), { headers: fields })).catch(fail)
    },
    cancel: async (key) => {
      assertKey(key)
      await ask(() => jsm.streams.purge(STREAM.timers, { filter: subject.timerSchedule(key) })).catch(fail)
    },
  }
}

const outgoingOf = (message: Message, metadata: Metadata) => {
  const { type, data } = parseEvent<Message>(message.type, message.data)
  return { id: randomId(), type, data, metadata, version: currentVersion(type) }
}

/** A wildcard in a key would purge the timers of others. */
const assertKey = (key: string): void => {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(key)) throw new RangeError(`"${key}" is not the key of a timer`)
}

const fail = (error: unknown): never => {
  throw unavailable(error)
}
