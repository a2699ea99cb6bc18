import type { Plan } from '../../events/deployment/settings.ts'

/** Limits of a slot, set before it is claimed. `heapMb` bounds V8's old generation, `youngMb` each half of the young one. */
export const PLANS: Readonly<Record<Plan, { readonly heapMb: number; readonly youngMb: number }>> = {
  small: { heapMb: 256, youngMb: 8 },
}
