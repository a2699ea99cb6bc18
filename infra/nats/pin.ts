import type { ConsumerMessages } from '@nats-io/jetstream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'

export type PinOptions = {
  /** Under which pin this reader got its last delivery. */
  readonly ours: () => string
  /** Whether it has anything that another reader may wait for. */
  readonly holds: () => boolean
  /** Which pin the broker knows; empty: none. */
  readonly theirs: () => Promise<string>
  /** Again and again while something is held: what was being handled may be given back later. */
  readonly onLost: () => void
  readonly signal: AbortSignal
  readonly log: Log
}

/** Tells when another reader has become the active one: this one stood still, or its connection did, and woke up again. */
export const watchPin = async (messages: ConsumerMessages, options: PinOptions): Promise<void> => {
  let isLooking = false
  for await (const { type } of messages.status()) {
    if (type !== 'consumer_unpinned' || isLooking) continue
    isLooking = true
    void look(options).finally(() => (isLooking = false))
  }
}

const look = async ({ ours, holds, theirs, onLost, signal, log }: PinOptions): Promise<void> => {
  let other = ''
  while (holds() && !signal.aborted) {
    try {
      const pin = await theirs()
      if (pin === ours()) return
      // seen twice: a pin that has just become ours is known by its first delivery meanwhile
      if (pin !== '' && pin === other) onLost()
      other = pin
    } catch (error) {
      log.debug({ err: error }, 'who is active is not known')
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {})
  }
}

const LOOK_AGAIN_MS = 500
