import { isCompleted, requestErasure } from '../../events/erasure/decide.ts'
import { erasureStream, type ErasureEvent } from '../../events/erasure/events.ts'
import * as instance from '../../events/instance/decide.ts'
import { caused, untilNoConflict } from '../aggregates/append.ts'
import { instancesOf } from '../aggregates/instances.ts'
import type { EventStore } from '../event-store/port.ts'
import { derivedId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Report } from '../slot/port.ts'
import type { HeldClaim } from './held-claim.ts'

export type ReportsOptions = { readonly node: string; readonly store: EventStore; readonly log: Log }

/** What slots report of their records becomes events: a limit that was reached once for each claim, an erasure once. */
export type Reports = {
  /** Hears a report; says the same again without harm. What cannot be stored is heard with the next one. Rejects never. */
  hear(one: HeldClaim, report: Report | null): Promise<void>
}

export const tellReports = ({ node, store, log }: ReportsOptions): Reports => {
  const instances = instancesOf(store)
  const metadata = (correlationId: string) => ({ correlationId, actor: `agent:${node}` })

  const tellLimit = async (one: HeldClaim, limit: Report['limited'][number], usage: Report['usage']): Promise<void> => {
    const { claimId } = one.claim
    // told again by another agent it is the same event
    const cause = derivedId('limit reached', claimId, limit)
    const told = await instances.change(claimId, (today) => instance.limitReached({ limit, usage, at: new Date().toISOString() }, today), cause, metadata(cause))
    if (told) one.limitsTold.add(limit)
  }

  /** Requested when it is new; once it has been carried out, the slot hears of it. */
  const tellErasure = async (one: HeldClaim, { id, object, commit }: Report['erasures'][number]): Promise<void> => {
    const { deploymentId } = one.claim
    const stream = erasureStream(deploymentId, id)
    const completed = await untilNoConflict(async () => {
      const history = await store.read<ErasureEvent>(stream)
      const cause = derivedId('erasure', deploymentId, id)
      const events = caused(requestErasure({ deploymentId, erasureId: id, object, commit, at: new Date().toISOString() }, history), cause, metadata(cause))
      if (events.length > 0) await store.append(stream, events, 'none')
      return isCompleted(history)
    })
    if (completed) await one.slot.control.tell({ verb: 'erased', erasure: id })
  }

  return {
    hear: async (one, report) => {
      if (!report) return
      const limits = report.limited.filter((limit) => !one.limitsTold.has(limit)).map((limit) => () => tellLimit(one, limit, report.usage))
      for (const tell of [...limits, ...report.erasures.map((erasure) => () => tellErasure(one, erasure))]) {
        await tell().catch((error: unknown) => log.warn({ claimId: one.claim.claimId, reason: String(error) }, 'what a slot reports is not stored yet; it is heard again'))
      }
    },
  }
}
