import type { PendingErasure } from '../../slot/port.ts'
import type { Duty } from '../duties.ts'
import { partsOf } from '../store/key.ts'
import type { AttachedRecord } from '../store/record.ts'
import { clearOn, confirmErasure } from './erase-object.ts'
import { unfinished } from './erasure-rows.ts'

/** Erasures in one report to the platform (infra/slot/port.ts). */
const MOST_REPORTED = 16

/** The erasures of a record on their way to their end. */
export type Erasures = {
  /** Those that wait for the platform, as of the last `look`. */
  pending(): readonly PendingErasure[]
  /** The platform carried one out. */
  confirm(erasure: string): Promise<void>
  /** Clears the rows of what was too much for one commit, also after a crash. */
  readonly duty: Duty
}

export const erasuresOf = (record: Pick<AttachedRecord, 'reader' | 'write' | 'indexedTo' | 'indexNow'>): Erasures => {
  let known: readonly PendingErasure[] = []
  const look = async (): Promise<void> => {
    const rows = await unfinished(record.reader(), 'pending', MOST_REPORTED)
    known = rows.map(({ key, value, commit }) => ({ id: partsOf(key).at(-1) ?? '', object: value.object, commit }))
  }
  return {
    pending: () => known,
    confirm: async (erasure) => {
      await record.write((tx) => confirmErasure(tx, erasure), { beyondLimit: true })
      await look()
    },
    duty: {
      name: 'an erasure',
      dueAt: async (reader) => {
        await look() // asked whenever something may be owed: at the beginning of a claim, and after each erasure
        const [clearing] = await unfinished(reader, 'clearing', 1)
        return clearing?.at ?? (await unindexed(record))?.at ?? null
      },
      run: async () => {
        for (const { value } of await unfinished(record.reader(), 'clearing', 1)) await record.write((tx) => clearOn(tx, value.object), { beyondLimit: true })
        if (!(await unindexed(record))) return
        await record.indexNow()
        if (await unindexed(record)) throw new Error('an erasure waits: no checkpoint could be written')
      },
      stop: () => {},
    },
  }
}

/**
 * An erasure that the newest checkpoint does not know of: it and older ones hold content of the object, and cannot be cleared before
 * there is one that does. A record in which nothing else happens would never write it; one without any checkpoint needs none.
 */
const unindexed = async (record: Pick<AttachedRecord, 'reader' | 'indexedTo'>) => {
  const indexedTo = record.indexedTo()
  return indexedTo === 0 ? null : ((await unfinished(record.reader(), 'pending', MOST_REPORTED)).find(({ commit }) => commit > indexedTo) ?? null)
}
