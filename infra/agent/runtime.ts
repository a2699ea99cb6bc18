import type { Plan } from '../../events/deployment/settings.ts'
import type { Control } from '../slot/control-client.ts'
import type { SlotStatus } from '../slot/control.ts'
import type { Waiting } from './proc.ts'

/** One slot as the agent holds it, whatever it runs in. */
export type Slot = {
  readonly id: string
  readonly plan: string
  /** `ip:port` */
  readonly address: string
  readonly control: Control
  /** Resolves when no thread runs any more. @throws Error when it does not stop */
  freeze(): Promise<void>
  thaw(): void
  /** Ends it, frozen or not; resolves when it is gone. Twice is once. */
  destroy(): Promise<void>
  /** Resolves when it is gone, by itself or not. */
  readonly gone: Promise<void>
}

/** Slots as processes here; as containers elsewhere. */
export type Runtime = {
  /** A new warm slot, running. @throws Error when it does not come up */
  spawn(plan: Plan): Promise<Slot>
  /** The slots an agent before this one left, thawed, with what each says of itself; those that do not answer are ended. */
  adopt(): Promise<readonly Adopted[]>
  /** What waits at the sockets of these slots, frozen or not; those at which nothing waits are left out. */
  waiting(slots: readonly Slot[]): ReadonlyMap<Slot, Waiting>
}

export type Adopted = { readonly slot: Slot; readonly status: SlotStatus; /** Whether it was frozen when it was found. */ readonly wasFrozen: boolean }
