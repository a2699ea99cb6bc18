import { objectStore } from '../../one-record/store/object-store.ts'
import { mint } from '../mint.ts'
import type { Swept } from '../port.ts'
import type { Root } from '../root.ts'
import { deleteStored, storedBelow, storeTime } from './stored.ts'
import { sweep, type SweepableStore } from './sweep.ts'

/** Deletes what nobody needs of the record of a deployment (sweep.ts). @throws Error when the store does not answer */
export const sweepRecord = async (deploymentId: string, graceMs: number, root: Root): Promise<Swept> => {
  const store = objectStore(await mint(deploymentId, root))
  try {
    return await sweep({ prefix: `${deploymentId}/`, graceMs }, sweepable(store, root))
  } finally {
    store.closeSockets()
  }
}

/** What may be deleted of a record with the rights of `root`. @param store reads it */
export const sweepable = (store: SweepableStore['store'], root: Root): SweepableStore => ({
  store,
  now: () => storeTime(root),
  below: (prefix) => storedBelow(prefix, root),
  delete: (some) => deleteStored(some, root),
})
