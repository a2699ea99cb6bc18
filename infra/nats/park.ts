import type { JetStreamClient } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { subject } from './subjects.ts'
import { HEADER, type StreamMessage } from './wire.ts'

/** Headers that a parked message has besides its own. */
export const PARKED = {
  group: 'Parked-Group', stream: 'Parked-Stream', subject: 'Parked-Subject', sequence: 'Parked-Sequence', reason: 'Parked-Reason', attempts: 'Parked-Attempts',
} as const

export type Parking = { readonly group: string; readonly stream: string; readonly message: StreamMessage; readonly reason: string; readonly attempts: number }

/**
 * Keeps a copy of the message in PARKED, `parked.<group>.<category>.<id>`, with the reason and the attempts it got. Parking
 * it twice keeps one copy as long as the broker's duplicate window lasts. Resolves when it is stored.
 */
export const park = async (js: JetStreamClient, { group, stream, message, reason, attempts }: Parking): Promise<void> => {
  const fields = headers()
  for (const name of [...Object.values(HEADER), 'traceparent']) {
    const value = message.header(name)
    if (value !== undefined) fields.append(name, value)
  }
  fields.append(PARKED.group, group)
  fields.append(PARKED.stream, stream)
  fields.append(PARKED.subject, message.subject)
  fields.append(PARKED.sequence, String(message.sequence))
  fields.append(PARKED.reason, reason.replaceAll(/\s+/g, ' ').slice(0, MAX_REASON) || 'no reason given')
  fields.append(PARKED.attempts, String(attempts))
  await js.publish(parkedSubject(group, message.subject), message.data, { headers: fields, msgID: `${group}:${stream}:${message.sequence}:${message.at}` })
}

const MAX_REASON = 1_000

/** `events.deployment.x` and `timers.due.idle.x` keep their last two tokens, `hits.x` too. */
const parkedSubject = (group: string, from: string): string => {
  const [category = 'unknown', id = 'unknown'] = from.split('.').slice(-2)
  return subject.parked(group, category, id)
}
