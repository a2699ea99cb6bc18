import { childAt, type PageRef } from '../../one-record/store/page.ts'
import type { Pages } from '../../one-record/store/pages.ts'
import type { Root as Tree } from '../../one-record/store/tree.ts'
import type { InUse } from './checkpoints-in-use.ts'

/** Objects, by their key below the record's prefix, in which pages lie that are needed, and where the last of them ends. */
export type Reach = ReadonlyMap<string, number>

/**
 * All objects that checkpoints are made of: their own, and those in which older ones left pages that still hold. Leaves are not read:
 * their parents say where they are. Pages that two of them share are read once.
 * @throws LostPageError, ObjectStoreError
 */
export const reachOf = async (checkpoints: readonly InUse[], pages: Pages): Promise<Reach> => {
  const reach = new Map<string, number>()
  const seen = new Set<string>()
  const note = ({ object, offset, bytes }: PageRef): void => void reach.set(object, Math.max(reach.get(object) ?? 0, offset + bytes))
  const walk = async ({ level, ref }: Tree): Promise<void> => {
    note(ref)
    const name = `${ref.object} ${ref.offset}`
    if (level === 0 || seen.has(name)) return
    seen.add(name)
    const page = await pages.read(ref)
    for (let index = 0; index < page.keys.length; index += 1) await walk({ level: level - 1, ref: childAt(page, index) })
  }
  for (const { object, checkpoint } of checkpoints) {
    reach.set(object, reach.get(object) ?? 0)
    if (checkpoint.root) await walk(checkpoint.root)
  }
  return reach
}
