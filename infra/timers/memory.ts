import { parseEvent } from '../../events/catalogue.ts'
import type { Metadata } from '../../events/envelope.ts'
import type { Message } from '../../events/messages.ts'
import type { Timers } from './port.ts'

export type Scheduled = { readonly key: string; readonly at: string; readonly message: Message; readonly metadata: Metadata }

/** Timers that never come due by themselves, for tests: what is set stands in `scheduled`, by key. */
export const memoryTimers = (): Timers & { readonly scheduled: ReadonlyMap<string, Scheduled> } => {
  const scheduled = new Map<string, Scheduled>()
  return {
    scheduled,
    schedule: async (key, at, message, metadata) => {
      scheduled.set(key, { key, at, message: parseEvent<Message>(message.type, message.data), metadata })
    },
    cancel: async (key) => {
      scheduled.delete(key)
    },
  }
}
