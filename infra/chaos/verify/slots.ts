import { isStopped } from '../../agent/proc.ts'
import { connectControl } from '../../slot/control-client.ts'
import { slotsOf } from '../targets.ts'

/** No deployment is served by two living slots. Asked of the slots themselves; one that is frozen serves nobody. */
export const doubledSlots = async (dataDir: string): Promise<readonly string[]> => {
  const holders = new Map<string, string[]>()
  for (const { pid, slot, control } of slotsOf(dataDir)) {
    if (isStopped(pid)) continue
    const claim = await claimOf(control)
    if (claim) holders.set(claim.deploymentId, [...(holders.get(claim.deploymentId) ?? []), `${slot} (${claim.claimId})`])
  }
  return [...holders].flatMap(([id, slots]) => (slots.length > 1 ? [`${id} is served by ${slots.length} slots: ${slots.join(', ')}`] : []))
}

const claimOf = async (path: string): Promise<{ readonly claimId: string; readonly deploymentId: string } | null> => {
  try {
    const control = await connectControl(path)
    try {
      const { state, claim } = await control.tell({ verb: 'status' })
      return state === 'serving' ? claim : null
    } finally {
      control.close()
    }
  } catch {
    return null // it has ended since
  }
}
