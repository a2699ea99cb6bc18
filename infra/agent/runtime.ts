import type { Plan } from '../../events/deployment/settings.ts'
import type { Control } from '../slot/control-client.ts'
import type { SlotStatus } from '../slot/control.ts'
import type { Waiting } from './proc.ts'
import type { SlotOwner } from './slot-records.ts'

/** One slot as the agent holds it, whatever it runs in. */
export type Slot = {
  readonly id: string
  readonly plan: Plan
  /** Of containers: the image and the limits they were made with (infra/slot-keeper); null where each slot is made from what there is. */
  readonly generation: string | null
  /** `ip:port` */
  readonly address: string
  readonly control: Control
  /** Resolves when no thread runs any more. @throws Error when it does not stop */
  freeze(): Promise<void>
  thaw(): void
  /** Writes down whose it is, so that its death is told also when no agent lives to see it. */
  belongTo(owner: SlotOwner): void
  /** Keeps what it writes small. Why that cannot be done; null when it can. */
  boundOutput(): string | null
  /** Ends it, frozen or not, and forgets it; resolves when it is gone. Twice is once. */
  destroy(): Promise<void>
  /** The same for a spare that nobody needs: it ends by itself, and nothing comes in its place. */
  retire(): Promise<void>
  /** Ends it as one that died by itself: it does not do what a slot does. */
  condemn(reason: string): Promise<void>
  /** Resolves when it is gone: to what is left of it when it died by itself, to null when somebody ended it in order. */
  readonly gone: Promise<Remains | null>
}

/** What is left of a slot that died by itself. */
export type Remains = {
  readonly slot: string
  readonly plan: Plan
  readonly owner: SlotOwner | null
  readonly reason: string
  /** Whether it died by itself, or its node with it as far as is known. */
  readonly cause: 'slot' | 'node'
  /** The last lines it wrote. */
  readonly output: readonly string[]
  /** Its loss is told: nothing of it is kept any more. */
  forget(): Promise<void>
}

/** Slots as processes here; as containers elsewhere. */
export type Runtime = {
  /** Whether somebody else keeps spares ahead (infra/slot-keeper): the agent takes all that come, whatever SPARE_SLOTS says. */
  readonly isGiven: boolean
  /** Whether it may be claimed: slots of a generation that was replaced are not offered. */
  offers(slot: Slot): boolean
  /** A new warm slot, running; the next one that comes where they are given. @throws Error when it does not come up */
  spawn(plan: Plan): Promise<Slot>
  /** The slots an agent before this one left, thawed, with what each says of itself; and what is left of those that died or do not answer. */
  adopt(): Promise<{ readonly adopted: readonly Adopted[]; readonly remains: readonly Remains[] }>
  /** What waits at the sockets of these slots, frozen or not; those at which nothing waits are left out. */
  waiting(slots: readonly Slot[]): ReadonlyMap<Slot, Waiting>
}

export type Adopted = { readonly slot: Slot; readonly status: SlotStatus; /** Whether it was frozen when it was found. */ readonly wasFrozen: boolean }
