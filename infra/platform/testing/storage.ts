import type { Storage } from '../../credentials/port.ts'

export type Fence = { readonly deploymentId: string; readonly epoch: number; readonly tombstone: boolean }

/** Records in memory: what was fenced, and what is left of each. */
export const testStorage = (objectsEach = 3): Storage & { readonly fences: readonly Fence[]; readonly erased: ReadonlySet<string> } => {
  const fences: Fence[] = []
  const erased = new Set<string>()
  return {
    fences,
    erased,
    fence: async (deploymentId, epoch, { tombstone = false } = {}) => {
      fences.push({ deploymentId, epoch, tombstone })
    },
    erase: async (deploymentId) => {
      const objects = erased.has(deploymentId) ? 0 : objectsEach
      erased.add(deploymentId)
      return { objects }
    },
  }
}
