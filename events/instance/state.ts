import type { Instance, InstanceEvent } from './events.ts'

/** The newest event tells all: every instance event carries the full state. Total. */
export const evolve = (_: Instance | null, event: InstanceEvent): Instance => event.data.instance

/** Whether the claim still holds a slot. */
export const holdsSlot = (instance: Instance): boolean =>
  instance.slot !== null && !['hibernated', 'released', 'lost', 'failed'].includes(instance.status)

