import type { Redacted, RedactRequest, Storage, Swept } from '../../credentials/port.ts'

export type Fence = { readonly deploymentId: string; readonly epoch: number; readonly tombstone: boolean }

/** Records in memory: what was fenced, and what is left of each. */
export const testStorage = (objectsEach = 3): Storage & { readonly fences: readonly Fence[]; readonly erased: ReadonlySet<string>; readonly redacted: RedactRequest[]; /** What the next redaction says. */ answer: Redacted; readonly swept: string[]; /** What the next sweep says. */ sweeping: Swept } => {
  const fences: Fence[] = []
  const erased = new Set<string>()
  const redacted: RedactRequest[] = []
  const storage: ReturnType<typeof testStorage> = {
    fences,
    redacted,
    answer: { state: 'done', commits: 2, objects: 1 },
    redact: async (request) => {
      redacted.push(request)
      return storage.answer
    },
    swept: [],
    sweeping: { state: 'swept', objects: 0, bytes: 0, waiting: 0 },
    sweep: async (deploymentId) => {
      storage.swept.push(deploymentId)
      return storage.sweeping
    },
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
  return storage
}
