import type { Plan } from '../../events/deployment/settings.ts'

/** Limits of a slot, set before it is claimed. `heapMb` bounds V8's old generation, `youngMb` each half of the young one. */
export const PLANS: Readonly<Record<Plan, { readonly heapMb: number; readonly youngMb: number }>> = {
  small: { heapMb: 256, youngMb: 8 },
}

/** The flags of node that make a slot one of this plan, as NODE_OPTIONS has them: of the image for `small`, of the service for others. */
export const nodeOptionsOf = (plan: Plan): string => {
  const { heapMb, youngMb } = PLANS[plan]
  return `--expose-gc --max-old-space-size=${heapMb} --max-semi-space-size=${youngMb}`
}
