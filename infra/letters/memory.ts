import type { StreamMessage } from '../nats/wire.ts'
import type { Payloads } from './port.ts'
import { show } from './show.ts'

/** Payloads by letter id. */
export const memoryPayloads = (): Payloads & { readonly kept: Map<string, StreamMessage> } => {
  const kept = new Map<string, StreamMessage>()
  const read: Payloads['read'] = async ({ letterId }) => kept.get(letterId) ?? null
  return { kept, read, show: async (letter) => read(letter).then((message) => message && show(message)) }
}
