import type { Duty } from '../../duties.ts'
import { partsOf } from '../../store/key.ts'
import type { OneRecord } from '../../store/port.ts'
import { deleteGrant, GRANT_PLACES, grantsOf } from './rows.ts'

/** Grants taken away in one commit. */
const PAGE = 200
/** An expired grant allows nothing any more; it may stay so long until it is taken away, together with others. Milliseconds. */
const LEISURE = 24 * 3_600_000

/**
 * Takes expired grants away, so that they take no room. A delegation that rested on one expired no later, and goes the same way.
 * Before it is due there is nothing to do: no slot is woken for it.
 */
export const tidyGrants = (record: Pick<OneRecord, 'write'>): Duty => ({
  name: 'expired grants',
  dueAt: async (reader) => {
    const [first] = await reader.scan({ prefix: GRANT_PLACES.expiry(), limit: 1 })
    const [expiry] = first ? partsOf(first.key) : []
    const due = expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiry) + LEISURE
    return due <= Date.now() ? due : null
  },
  run: async () => {
    await record.write(async (tx) => {
      const { grants } = await grantsOf(tx, GRANT_PLACES.expiry(), { limit: PAGE, after: null })
      const end = tx.at.toISOString()
      for (const grant of grants) if (grant.expiresAt !== null && grant.expiresAt <= end) deleteGrant(tx, grant)
    }, { beyondLimit: true })
  },
  // it waits for nobody but the record
  stop: () => {},
})
