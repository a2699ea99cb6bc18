import { failure, isFailure } from '../../events/errors.ts'
import { claimHeader } from '../claim-secret.ts'
import { endedClaims } from './ended-claims.ts'
import { holdClaim, type HeldClaim } from './held-claim.ts'
import type { Claimed, ClaimRequest, Frozen, Held, Released } from './port.ts'
import type { Preparations } from './prepare.ts'
import type { Adopted, Remains, Runtime } from './runtime.ts'
import type { Sleep } from './sleep.ts'
import { slotClaim, type Surroundings } from './slot-claim.ts'

export type ClaimsOptions = {
  readonly node: string
  readonly prepared: Pick<Preparations, 'take'>
  readonly runtime: Pick<Runtime, 'offers'>
  readonly sleep: Sleep
  readonly surroundings: Surroundings
  readonly signingKey: string
  /** Until when a slot may answer if it is told now, Unix milliseconds. */
  readonly leaseUntil: () => number | Promise<number>
  /** A claimed slot died by itself; the claim is unknown by now. */
  readonly lost: (remains: Remains) => void
  /** Resolves when the loss of a claim has become an event, or after a moment. */
  readonly told: (claimId: string) => Promise<void>
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
  /** A page of what is held, by claim id. */
  list(page: { readonly after?: string | undefined; readonly limit: number }): readonly Held[]
}

/** A claim from the moment it is asked for. */
type Entry = { readonly claim: HeldClaim['claim']; readonly ready: Promise<HeldClaim> }

export const holdClaims = ({ node, prepared, runtime, sleep, surroundings, signingKey, leaseUntil, lost, told }: ClaimsOptions): Claims => {
  const entries = new Map<string, Entry>()
  const held = new Map<string, HeldClaim>()
  const ended = endedClaims()

  const forget = (claimId: string): boolean => {
    entries.delete(claimId)
    return held.delete(claimId)
  }
  const keep = (one: HeldClaim): HeldClaim => {
    const { claimId } = one.claim
    held.set(claimId, one)
    void one.slot.gone.then((remains) => {
      forget(claimId)
      if (remains) lost(remains)
    })
    return one
  }
  const find = async (claimId: string): Promise<HeldClaim | undefined> => held.get(claimId) ?? (await entries.get(claimId)?.ready.catch(() => undefined))
  const known = async (claimId: string): Promise<HeldClaim> => {
    const one = await find(claimId)
    if (one) return one
    await told(claimId) // whoever asked finds why
    throw failure('CLAIM_UNKNOWN', { node, claimId })
  }
  const drop = async (one: HeldClaim, dueAt: string | null): Promise<Released> => {
    forget(one.claim.claimId)
    ended.add(one.claim, dueAt)
    await one.slot.destroy()
    return { state: 'released', dueAt }
  }

  /** One slot a deployment: what an earlier claim holds here is given up, an earlier claim is refused. */
  const supersede = async ({ deploymentId, epoch, claimId }: ClaimRequest): Promise<void> => {
    const others = [...entries.values()].filter(({ claim }) => claim.deploymentId === deploymentId && claim.claimId !== claimId)
    if (ended.newestEpoch(deploymentId) >= epoch || others.some(({ claim }) => claim.epoch >= epoch)) throw failure('CLAIM_SUPERSEDED', { claimId })
    for (const other of others) {
      const before = await find(other.claim.claimId)
      if (before) await drop(before, null)
    }
  }
  const attach = async (request: ClaimRequest): Promise<HeldClaim> => {
    const { claimId, deploymentId, epoch, plan, generation } = request
    const { slot, storage, identity } = await prepared.take({ deploymentId, plan, generation })
    const claim = slotClaim(request, { storage, identity }, surroundings)
    const until = await leaseUntil()
    slot.belongTo({ claimId, deploymentId, epoch })
    try {
      await slot.control.tell({ verb: 'claim', claim, header: claimHeader(signingKey, claimId), leaseUntil: until })
    } catch (error) {
      await slot.destroy() // claimed once, also when that failed
      throw error
    }
    return keep(Object.assign(holdClaim({ claimId, deploymentId, epoch }, slot, node, storage.expiresAt), { leaseUntil: until }))
  }

  return {
    claim: async (request) => {
      const { claimId } = request
      const entry = entries.get(claimId) ?? { claim: request, ready: supersede(request).then(() => attach(request)) }
      entries.set(claimId, entry)
      try {
        return (await entry.ready).claimed
      } catch (error) {
        if (entries.get(claimId) === entry) entries.delete(claimId)
        throw error
      }
    },
    freeze: async (claimId) => {
      const one = await known(claimId)
      return one.inTurn(() => sleep.freeze(one))
    },
    thaw: async (claimId) => {
      const one = await known(claimId)
      await one.inTurn(() => sleep.thaw(one))
      return one.claimed
    },
    release: async (claimId, force) => {
      const one = await find(claimId)
      if (!one) return { state: 'released', dueAt: ended.dueAt(claimId) }
      if (force) return drop(one, one.dueAt) // not in its turn: a slot that hangs is ended as well
      try {
        return await one.inTurn(async () => {
          const quiet = await sleep.freeze(one)
          return quiet.state === 'frozen' ? drop(one, quiet.dueAt) : quiet
        })
      } catch (error) {
        if (!isFailure(error, 'CLAIM_UNKNOWN')) throw error
        await told(claimId) // its slot died of itself: it is given back, however that went
        return { state: 'released', dueAt: one.dueAt }
      }
    },
    adopt: async ({ slot, status, wasFrozen }) => {
      if (!status.claim || (status.state !== 'serving' && status.state !== 'quiet')) return slot.destroy()
      const one = keep(Object.assign(holdClaim(status.claim, slot, node, status.credentialsUntil), { leaseUntil: await leaseUntil() }))
      entries.set(status.claim.claimId, { claim: status.claim, ready: Promise.resolve(one) })
      if (wasFrozen || status.state === 'quiet') await one.inTurn(() => sleep.freeze(one))
    },
    held: () => [...held.values()],
    list: ({ after = '', limit }) =>
      [...held.values()].map(({ claim: { claimId, deploymentId }, since, state, slot }) => ({ claimId, deploymentId, since, state, outdated: !runtime.offers(slot) }))
        .filter(({ claimId }) => claimId > after).toSorted((a, b) => (a.claimId < b.claimId ? -1 : 1)).slice(0, limit),
  }
}
