import type { Metadata } from '../../../events/envelope.ts'
import type { Message } from '../../../events/messages.ts'
import type { DeliveryHead } from '../../delivery/cloud-event.ts'
import { memoryHits } from '../../hits/memory.ts'
import type { Hits } from '../../hits/port.ts'
import { subject } from '../../nats/subjects.ts'
import { memoryTimers } from '../../timers/memory.ts'

/** One message for functions, of any stream. */
export type TestDelivery = Omit<DeliveryHead, 'attempt'> & { readonly data: unknown }

const message = (id: string, subjectOf: string, sequence: number, at: string, { type, data }: Message, metadata: Metadata): TestDelivery => ({
  id, type, subject: subjectOf, sequence: String(sequence), revision: null, version: 1, at, data, metadata,
})

/** Hits that a broker would still deliver: of each deployment the newest, once. */
export const testHits = (now: () => string): Hits & { take(): readonly TestDelivery[] } => {
  const inner = memoryHits()
  const waiting = new Map<string, TestDelivery>()
  let sequence = 0
  return {
    ...inner,
    publish: async (hit) => {
      await inner.publish(hit)
      const id = `hit-${(sequence += 1)}`
      waiting.set(hit.deploymentId, message(id, subject.hit(hit.deploymentId), sequence, now(), { type: 'ProxyHit', data: hit }, { correlationId: id, actor: 'edge' }))
    },
    take: () => {
      const taken = [...waiting.values()]
      waiting.clear()
      return taken
    },
  }
}

/** Timers that come due as the clock goes on. */
export const testTimers = (now: () => string) => {
  const inner = memoryTimers()
  let sequence = 0
  return {
    ...inner,
    /** What has come due, earliest first. */
    take: async (): Promise<readonly TestDelivery[]> => {
      const due = [...inner.scheduled.values()].filter(({ at }) => Date.parse(at) <= Date.parse(now())).sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
      await Promise.all(due.map(({ key }) => inner.cancel(key)))
      return due.map(({ key, at, message: due, metadata }) => message(`timer-${(sequence += 1)}`, subject.timerDue(key), sequence, at, due, metadata))
    },
    /** When the next one is due, null when none is set. */
    next: (): string | null => [...inner.scheduled.values()].map(({ at }) => at).sort()[0] ?? null,
  }
}
