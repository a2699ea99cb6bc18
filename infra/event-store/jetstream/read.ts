import type { StreamName } from '../../../events/envelope.ts'
import { directBatch } from '../../nats/direct.ts'
import { STREAM } from '../../nats/subjects.ts'
import type { StreamMessage } from '../../nats/wire.ts'
import { headOf, newestMessage, nextMessage, type Broker } from './broker.ts'

/**
 * The first `limit` messages of a stream after a sequence, oldest first. Direct reads are the fast way, and any replica may
 * answer them: where there are several, the leader says which message is the newest, and what a replica lacked is fetched.
 */
export const readMessages = async (broker: Broker, stream: StreamName, after = 0, limit = Number.POSITIVE_INFINITY): Promise<readonly StreamMessage[]> => {
  const leader = broker.replicas > 1 ? newestMessage(broker, stream) : null
  const messages = await direct(broker, stream, after, limit)
  const newest = leader && (await leader)
  while (newest && messages.length < limit && (messages.at(-1)?.sequence ?? after) < newest.sequence) {
    const next = await nextMessage(broker, stream, (messages.at(-1)?.sequence ?? after) + 1)
    if (!next) break
    messages.push(next)
  }
  const last = messages.at(-1)
  if (last && messages.length < limit) broker.heads.learn(stream, headOf(last))
  return messages
}

const direct = async (broker: Broker, stream: StreamName, after: number, limit: number): Promise<StreamMessage[]> => {
  const messages: StreamMessage[] = []
  for (;;) {
    const batch = Math.min(limit - messages.length, MAX_BATCH)
    if (batch <= 0) return messages
    const query = { seq: (messages.at(-1)?.sequence ?? after) + 1, next_by_subj: `events.${stream}`, batch }
    const found: StreamMessage[] = []
    const pending = await broker.ask(() => directBatch(broker.jsm, STREAM.events, query, found))
    messages.push(...found)
    if (pending === 0) return messages
  }
}

const MAX_BATCH = 1_000
