import type { NameEvent } from './events.ts'

/** `heldBy` is null when the name is free. `revision` is -1 before the first event. */
export type NameReservation = { readonly heldBy: string | null; readonly revision: number }

export const unreserved: NameReservation = { heldBy: null, revision: -1 }

/** Total. */
export const evolve = (_: NameReservation, event: NameEvent, revision: number): NameReservation =>
  event.type === 'NameReserved' ? { heldBy: event.data.deploymentId, revision } : { heldBy: null, revision }
