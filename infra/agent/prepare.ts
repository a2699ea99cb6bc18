import { failure } from '../../events/errors.ts'
import type { Credentials, Identity, StorageAccess } from '../credentials/port.ts'
import type { ReserveRequest } from './port.ts'
import type { Pool } from './pool.ts'
import type { Slot } from './runtime.ts'

/** A warm slot, awake, and what it needs to serve one deployment; it belongs to nobody yet. */
export type Prepared = { readonly slot: Slot; readonly storage: StorageAccess; readonly identity: Identity }

export type PrepareOptions = {
  readonly pools: ReadonlyMap<string, Pool>
  readonly credentials: Credentials
  /** Why no claim is taken now; null when one is. */
  readonly refusal: () => string | null
}

/** Slots for claims, and those set aside for claims that are about to come. */
export type Preparations = {
  /** Sets one aside for a deployment, for a while; again, it is the same one. @throws NO_SLOT_FREE, CREDENTIALS_UNAVAILABLE */
  reserve(request: ReserveRequest): Promise<void>
  /** The one that was set aside, else another. @throws NO_SLOT_FREE, CREDENTIALS_UNAVAILABLE */
  take(request: ReserveRequest): Promise<Prepared>
}

/** Whoever sets one aside claims it within seconds, or never. */
const RESERVED_MS = 60_000

export const preparations = ({ pools, credentials, refusal }: PrepareOptions): Preparations => {
  const reserved = new Map<string, { readonly prepared: Promise<Prepared>; late: NodeJS.Timeout | undefined }>()

  const poolFor = (plan: string): Pool => {
    const pool = pools.get(plan)
    const reason = pool ? refusal() : `plan ${plan} is not offered here`
    if (!pool || reason !== null) throw failure('NO_SLOT_FREE', { retryAfterSeconds: 5, reason: reason ?? undefined })
    return pool
  }
  const prepare = async ({ deploymentId, plan, generation }: ReserveRequest): Promise<Prepared> => {
    const pool = poolFor(plan)
    // the slot is awake by the time its credentials are there
    const minting = Promise.all([credentials.mint(deploymentId), credentials.identity({ deploymentId, generation })])
    const [thawed, minted] = await Promise.allSettled([pool.take().then(thaw), minting])
    if (thawed.status === 'rejected') throw thawed.reason
    const slot = thawed.value
    if (minted.status === 'rejected') {
      await pool.add(slot)
      throw minted.reason
    }
    const [storage, identity] = minted.value
    return { slot, storage, identity }
  }

  return {
    reserve: async (request) => {
      const key = keyOf(request)
      const known = reserved.get(key)
      if (known) return void (await known.prepared)
      const one = { prepared: prepare(request), late: undefined as NodeJS.Timeout | undefined }
      const forget = () => reserved.get(key) === one && reserved.delete(key)
      reserved.set(key, one)
      try {
        const { slot } = await one.prepared
        void slot.gone.then(forget)
        one.late = setTimeout(() => forget() && void pools.get(slot.plan)?.add(slot), RESERVED_MS).unref()
      } catch (error) {
        forget()
        throw error
      }
    },
    take: async (request) => {
      poolFor(request.plan)
      const key = keyOf(request)
      const one = reserved.get(key)
      if (!one) return prepare(request)
      const prepared = await one.prepared
      if (reserved.get(key) !== one) return prepare(request) // its slot died, or went back, meanwhile
      reserved.delete(key)
      clearTimeout(one.late)
      return prepared
    },
  }
}

/** Of other credentials it is not the same. */
const keyOf = ({ deploymentId, plan, generation }: ReserveRequest): string => `${deploymentId} ${plan} ${generation}`

const thaw = (slot: Slot): Slot => {
  slot.thaw()
  return slot
}
