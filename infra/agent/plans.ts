import type { Plan } from '../../events/deployment/settings.ts'

/** What a slot in a container may have besides its heap: `tmpMb` is all that it can write, and counts as memory. */
type ContainerLimits = { readonly memoryMb: number; readonly cpus: number; readonly pids: number; readonly files: number; readonly tmpMb: number }

/** Limits of a slot, set before it is claimed. `heapMb` bounds V8's old generation, `youngMb` each half of the young one. */
export const PLANS: Readonly<Record<Plan, { readonly heapMb: number; readonly youngMb: number; readonly container: ContainerLimits }>> = {
  small: { heapMb: 256, youngMb: 8, container: { memoryMb: 512, cpus: 1, pids: 64, files: 4_096, tmpMb: 16 } },
}

/** The flags of node that make a slot one of this plan, as NODE_OPTIONS has them: of the image for `small`, of the service for others. */
export const nodeOptionsOf = (plan: Plan): string => {
  const { heapMb, youngMb } = PLANS[plan]
  return `--expose-gc --max-old-space-size=${heapMb} --max-semi-space-size=${youngMb}`
}
