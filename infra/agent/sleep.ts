import { failure } from '../../events/errors.ts'
import type { Credentials } from '../credentials/port.ts'
import type { Hits } from '../hits/port.ts'
import type { Log } from '../log.ts'
import { handOver, needsCredentials, type HeldClaim } from './held-claim.ts'
import type { Frozen } from './port.ts'
import type { Reports } from './reports.ts'
import type { Runtime } from './runtime.ts'

export type SleepOptions = {
  readonly node: string
  readonly runtime: Pick<Runtime, 'waiting'>
  readonly credentials: Pick<Credentials, 'mint'>
  readonly hits: Pick<Hits, 'publish'>
  /** Hears what a slot reports before it sleeps. */
  readonly hear: Reports['hear']
  /** Until when a slot may answer if it is told now, Unix milliseconds. */
  readonly leaseUntil: () => number | Promise<number>
  readonly log: Log
}

/** How a claimed slot falls asleep and wakes. All of it is to be done in the claim's turn. */
export type Sleep = {
  /** Quiesces, freezes, and looks whether something came meanwhile, also of one that sleeps already. @throws CLAIM_UNKNOWN when the slot does not answer */
  freeze(one: HeldClaim): Promise<Frozen>
  /** Resolves when it serves; at once when it is awake. @throws CLAIM_UNKNOWN, CREDENTIALS_UNAVAILABLE */
  thaw(one: HeldClaim): Promise<void>
  /** Thaws those at whose sockets something waits, and asks for their routes. */
  thawVisited(frozen: readonly HeldClaim[]): Promise<void>
}

export const sleep = ({ node, runtime, credentials, hits, hear, leaseUntil, log }: SleepOptions): Sleep => {
  /** A slot that does not answer is no slot: it is lost, and the claim unknown from then on. */
  const ask = async <T>({ slot, claim: { claimId } }: HeldClaim, question: () => Promise<T>): Promise<T> => {
    try {
      return await question()
    } catch (error) {
      log.error({ claimId, slot: slot.id, reason: String(error) }, 'a slot does not answer; it is ended')
      await slot.condemn(`it did not answer: ${String(error)}`)
      throw failure('CLAIM_UNKNOWN', { node, claimId }, error)
    }
  }
  const visited = (one: HeldClaim) => runtime.waiting([one.slot]).size > 0

  const wake = async (one: HeldClaim): Promise<void> => {
    if (needsCredentials(one, Date.now())) one.fresh = await credentials.mint(one.claim.deploymentId)
    const until = await leaseUntil()
    one.slot.thaw()
    await ask(one, () => one.slot.control.tell({ verb: 'resume', epoch: one.claim.epoch, leaseUntil: until, ...handOver(one) }))
    one.leaseUntil = until
    one.state = 'running'
    one.dueAt = null
  }
  /** Nobody asked for it through a function, so nobody would write the route: the hit has cold-start do it. */
  const wakeForVisitor = async (one: HeldClaim): Promise<void> => {
    await wake(one)
    const { deploymentId, claimId } = one.claim
    await hits.publish({ deploymentId, claimId, since: new Date().toISOString() })
  }

  /** Why it does not sleep; null when it does. */
  const fallAsleep = async (one: HeldClaim): Promise<string | null> => {
    const quiesced = await ask(one, one.slot.control.quiesce)
    if (quiesced.state === 'busy') return quiesced.reason
    const { limited, usage } = quiesced.report
    if (limited.some((limit) => !one.limitsTold.has(limit))) await hear(one, { limited, usage, erasures: [] }) // a slot that sleeps is told nothing
    try {
      await one.slot.freeze()
    } catch (error) {
      await wake(one)
      return String(error)
    }
    one.state = 'frozen'
    one.dueAt = quiesced.dueAt
    return null
  }

  return {
    freeze: async (one) => {
      const obstacle = one.state === 'frozen' ? null : await fallAsleep(one)
      if (obstacle !== null) return { state: 'busy', reason: obstacle }
      if (!visited(one)) return { state: 'frozen', dueAt: one.dueAt }
      await wakeForVisitor(one)
      return { state: 'busy', reason: 'a request came while it was being frozen' }
    },
    thaw: async (one) => {
      if (one.state === 'frozen') await wake(one)
    },
    thawVisited: async (frozen) => {
      if (frozen.length === 0) return
      const waiting = runtime.waiting(frozen.map(({ slot }) => slot))
      const knocked = frozen.filter(({ slot }) => waiting.has(slot))
      await Promise.all(knocked.map((one) => one.inTurn(async () => {
        if (one.state === 'frozen' && visited(one)) await wakeForVisitor(one)
      })))
    },
  }
}
