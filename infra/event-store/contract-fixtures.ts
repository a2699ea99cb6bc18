import type { NewEvent, StreamName } from '../../events/envelope.ts'
import { randomId } from '../ids.ts'
import type { EventStore } from './port.ts'
import { setTimeout as sleep } from 'node:timers/promises'

/** A dead letter as the suite looks at it. */
export type ParkedLetter = { readonly stream: string; readonly type: string; readonly reason: string; readonly attempts: number; readonly data: unknown }

export type Opened = {
  readonly store: EventStore
  /** The same events through another process's eyes: nothing cached is shared. */
  readonly other: EventStore
  parked(group: string): Promise<readonly ParkedLetter[]>
  close(): Promise<void>
}
/** A fresh, empty store; `duplicateWindowMs`: how long the broker may rely on its own memory of ids. */
export type OpenStore = (options?: { readonly duplicateWindowMs?: number }) => Promise<Opened>

export const metadata = { correlationId: 'contract', actor: 'owner' }
export const freshStream = (): StreamName => `deployment.${randomId()}`
/** A valid event for a deployment stream; `reason` marks it. */
export const event = (reason = 'x', id = randomId()): NewEvent =>
  ({ id, type: 'StopRequested', data: { deploymentId: 'd', name: 'n', at: '2026-01-01T00:00:00.000Z', reason }, metadata })
export const events = (count: number): readonly NewEvent[] => Array.from({ length: count }, (_, index) => event(String(index)))
export const idsOf = (recorded: readonly { readonly id: string }[]): readonly string[] => recorded.map(({ id }) => id)

/** Resolves when `condition` holds, fails after fifteen seconds. */
export const until = async (condition: () => boolean | Promise<boolean>, seconds = 15): Promise<void> => {
  for (const end = Date.now() + seconds * 1_000; !(await condition()); await sleep(5)) {
    if (Date.now() > end) throw new Error(`never came true: ${String(condition)}`)
  }
}
