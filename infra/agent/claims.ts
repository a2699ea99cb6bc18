import { failure } from '../../events/errors.ts'
import { claimHeader } from '../claim-secret.ts'
import type { Credentials } from '../credentials/port.ts'
import type { Hits } from '../hits/port.ts'
import type { Log } from '../log.ts'
import { handOver, holdClaim, needsCredentials, type HeldClaim } from './held-claim.ts'
import type { Claimed, ClaimRequest, Frozen, LostSlot, Released } from './port.ts'
import type { Pool } from './pool.ts'
import type { Adopted, Runtime, Slot } from './runtime.ts'

export type ClaimsOptions = {
  readonly node: string
  readonly pools: ReadonlyMap<string, Pool>
  readonly runtime: Runtime
  readonly credentials: Credentials
  readonly hits: Pick<Hits, 'publish'>
  readonly signingKey: string
  /** Until when a slot may answer if it is told now, Unix milliseconds. */
  readonly leaseUntil: () => number
  /** Why no claim is taken now; null when one is. */
  readonly overload: () => string | null
  readonly lost: (slot: LostSlot) => void
  readonly log: Log
}

/** The verbs of infra/agent/port.ts, on this node. */
export type Claims = {
  claim(request: ClaimRequest): Promise<Claimed>
  freeze(claimId: string): Promise<Frozen>
  thaw(claimId: string): Promise<Claimed>
  release(claimId: string, force: boolean): Promise<Released>
  /** Takes over a slot that an agent before this one left claimed. */
  adopt(found: Adopted): Promise<void>
  held(): readonly HeldClaim[]
  /** What waits at a frozen slot's sockets thaws it, and asks for its route. */
  wakeIfWaiting(frozen: readonly HeldClaim[]): Promise<void>
}

/** Claims that ended are remembered so long, for the repetition of what ended them. */
const REMEMBERED = 1_000

type Ended = { readonly deploymentId: string; readonly epoch: number; readonly dueAt: string | null }
type Entry = { readonly claim: HeldClaim['claim']; readonly ready: Promise<HeldClaim> }

export const holdClaims = ({ node, pools, runtime, credentials, hits, signingKey, leaseUntil, overload, lost, log }: ClaimsOptions): Claims => {
  const entries = new Map<string, Entry>()
  const held = new Map<string, HeldClaim>()
  const ended = new Map<string, Ended>()

  const remember = (claimId: string, end: Ended) => {
    ended.set(claimId, end)
    for (const oldest of ended.keys()) if (ended.size > REMEMBERED) ended.delete(oldest)
  }
  const keep = (one: HeldClaim) => {
    const { claimId, deploymentId } = one.claim
    held.set(claimId, one)
    void one.slot.gone.then(() => {
      if (!held.delete(claimId)) return
      entries.delete(claimId)
      lost({ node, claimId, deploymentId, reason: 'its slot ended by itself' })
    })
    return one
  }
  const of = async (claimId: string): Promise<HeldClaim> => {
    const one = held.get(claimId) ?? (await entries.get(claimId)?.ready)
    if (!one) throw failure('CLAIM_UNKNOWN', { node, claimId })
    return one
  }
  /** Something is said to the slot; one that does not answer is no slot: it is ended, and the claim unknown. */
  const ask = async <T>({ slot, claim: { claimId } }: HeldClaim, question: () => Promise<T>): Promise<T> => {
    try {
      return await question()
    } catch (error) {
      log.error({ claimId, slot: slot.id, reason: String(error) }, 'a slot does not answer; it is ended')
      await slot.destroy()
      throw failure('CLAIM_UNKNOWN', { node, claimId }, error)
    }
  }
  const drop = async (one: HeldClaim, dueAt: string | null) => {
    const { claimId, deploymentId, epoch } = one.claim
    held.delete(claimId)
    entries.delete(claimId)
    remember(claimId, { deploymentId, epoch, dueAt })
    await one.slot.destroy()
  }

  const attach = async (request: ClaimRequest): Promise<HeldClaim> => {
    const { claimId, deploymentId, epoch, name, baseUrl, settings, plan } = request
    const reason = overload()
    const pool = reason === null ? pools.get(plan) : undefined
    if (!pool) throw failure('NO_SLOT_FREE', { retryAfterSeconds: 5, ...(reason === null ? {} : { reason }) })
    const minting = credentials.mint(deploymentId)
    minting.catch(() => undefined) // looked at below
    const slot = await pool.take()
    slot.thaw()
    const storage = await minting.catch(async (error: unknown) => {
      await pool.add(slot)
      throw error
    })
    const claim = { claimId, deploymentId, epoch, name, baseUrl, maxBodyBytes: settings.maxBodyBytes, storage }
    try {
      await slot.control.tell({ verb: 'claim', claim, header: claimHeader(signingKey, claimId), leaseUntil: leaseUntil() })
    } catch (error) {
      await slot.destroy() // single use, also when it failed
      throw error
    }
    return keep(holdClaim({ claimId, deploymentId, epoch }, slot, node, storage.expiresAt))
  }
  const supersede = async ({ deploymentId, epoch, claimId }: ClaimRequest) => {
    const superseded = () => failure('CLAIM_SUPERSEDED', { claimId })
    for (const end of ended.values()) if (end.deploymentId === deploymentId && end.epoch >= epoch) throw superseded()
    for (const entry of entries.values()) {
      if (entry.claim.deploymentId !== deploymentId || entry.claim.claimId === claimId) continue
      if (entry.claim.epoch >= epoch) throw superseded()
      const before = await entry.ready.catch(() => null)
      if (before) await drop(before, null)
    }
  }

  const wake = async (one: HeldClaim) => {
    if (needsCredentials(one, Date.now())) one.fresh = await credentials.mint(one.claim.deploymentId)
    one.slot.thaw()
    await ask(one, () => one.slot.control.tell({ verb: 'resume', epoch: one.claim.epoch, leaseUntil: leaseUntil(), ...handOver(one) }))
    one.state = 'running'
    one.dueAt = null
  }
  /** A visitor is there: the slot answers, and cold-start is to write the route. */
  const wakeForVisitor = async (one: HeldClaim) => {
    await wake(one)
    const { deploymentId, claimId } = one.claim
    await hits.publish({ deploymentId, claimId, since: new Date().toISOString() })
  }
  const freezeNow = async (one: HeldClaim): Promise<Frozen> => {
    if (one.state === 'frozen') return { state: 'frozen', dueAt: one.dueAt }
    const quiesced = await ask(one, one.slot.control.quiesce)
    if (quiesced.state === 'busy') return quiesced
    try {
      await one.slot.freeze()
    } catch (error) {
      await wake(one)
      return { state: 'busy', reason: String(error) }
    }
    one.state = 'frozen'
    one.dueAt = quiesced.dueAt
    if (!somethingWaits(one.slot)) return { state: 'frozen', dueAt: one.dueAt }
    await wakeForVisitor(one)
    return { state: 'busy', reason: 'a request came while it was frozen' }
  }
  const somethingWaits = (slot: Slot) => runtime.waiting([slot]).size > 0

  return {
    claim: async (request) => {
      const { claimId } = request
      const known = entries.get(claimId)
      if (known) return (await known.ready).claimed
      const ready = supersede(request).then(() => attach(request))
      entries.set(claimId, { claim: request, ready })
      return (await ready.catch((error: unknown) => {
        entries.delete(claimId)
        throw error
      })).claimed
    },
    freeze: async (claimId) => {
      const one = await of(claimId)
      return one.inTurn(() => freezeNow(one))
    },
    thaw: async (claimId) => {
      const one = await of(claimId)
      await one.inTurn(() => (one.state === 'frozen' ? wake(one) : Promise.resolve()))
      return one.claimed
    },
    release: async (claimId, force) => {
      const one = held.get(claimId) ?? (await entries.get(claimId)?.ready.catch(() => undefined))
      if (!one) return { state: 'released', dueAt: ended.get(claimId)?.dueAt ?? null }
      if (force) return drop(one, one.dueAt).then(() => ({ state: 'released', dueAt: one.dueAt }))
      return one.inTurn(async () => {
        const quiet = await freezeNow(one)
        if (quiet.state === 'busy') return quiet
        await drop(one, quiet.dueAt)
        return { state: 'released', dueAt: quiet.dueAt }
      })
    },
    adopt: async ({ slot, status, wasFrozen }) => {
      if (!status.claim || (status.state !== 'serving' && status.state !== 'quiet')) return slot.destroy()
      const one = keep(holdClaim(status.claim, slot, node, status.credentialsUntil))
      entries.set(status.claim.claimId, { claim: status.claim, ready: Promise.resolve(one) })
      if (wasFrozen || status.state === 'quiet') await one.inTurn(() => freezeNow(one))
    },
    held: () => [...held.values()],
    wakeIfWaiting: async (frozen) => {
      const waiting = runtime.waiting(frozen.map(({ slot }) => slot))
      const woken = frozen.filter(({ slot }) => waiting.has(slot))
      await Promise.all(woken.map((one) => one.inTurn(() => (one.state === 'frozen' && somethingWaits(one.slot) ? wakeForVisitor(one) : Promise.resolve()))))
    },
  }
}
