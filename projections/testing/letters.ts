import type { DomainEvent } from '../../events/envelope.ts'
import * as decide from '../../events/parked/decide.ts'
import type { Letter } from '../../events/parked/state.ts'

type OfLetter = (letter: Letter, at: string, amount: number) => readonly DomainEvent[]

/** What can happen to a dead letter. */
export const LETTER = {
  redriveLetter: (letter, at, amount) => decide.redrive({ at, reason: amount % 2 ? 'it is mended' : undefined }, letter),
  redriven: (letter, at, amount) => decide.redriven({ at, attempts: 1 + (amount % 8) }, letter),
  parkAgain: (letter, at, amount) => decide.parkAgain({ at, attempts: 1 + (amount % 8), reason: `it failed ${amount} times` }, letter),
  discardLetter: (letter, at) => decide.discard({ at }, letter),
} satisfies Record<string, OfLetter>

/** The first event of a letter; of some nobody can say which deployment it is about. */
export const parkedFirst = (letterId: string, deploymentId: string, at: string, amount: number): readonly DomainEvent[] => {
  const isReadable = amount % 4 > 0
  return decide.park({
    letterId, group: ['provision', 'idle'][amount % 2] ?? 'idle', stream: 'EVENTS', subject: `events.deployment.${deploymentId}`, sequence: amount, reason: `503 no slot ${amount}`, attempts: 8, at,
    ...(isReadable ? { eventId: `e-${amount}`, eventType: 'ClaimRequested', deploymentId } : { eventId: null, eventType: null, deploymentId: null }),
  }, null)
}
