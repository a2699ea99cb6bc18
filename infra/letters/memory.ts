import type { StreamMessage } from '../nats/wire.ts'
import type { Payloads } from './port.ts'

/** Payloads by letter id. */
export const memoryPayloads = (): Payloads & { readonly kept: Map<string, StreamMessage> } => {
  const kept = new Map<string, StreamMessage>()
  return { kept, read: async ({ letterId }) => kept.get(letterId) ?? null }
}
