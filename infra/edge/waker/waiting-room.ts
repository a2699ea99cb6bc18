import { epochOf } from '../../../events/deployment/state.ts'
import { failure, type CatalogueError } from '../../../events/errors.ts'
import type { Hits } from '../../hits/port.ts'
import type { Log } from '../../log.ts'
import { randomId } from '../../ids.ts'
import type { Route } from '../../routes/port.ts'
import { inTrace } from '../../tracing/current.ts'
import { beginSpan, type Span } from '../../tracing/span.ts'
import type { Awake } from '../port.ts'
import type { RouteTable } from '../route-table.ts'
import { refusals as refused, wakes as woken } from '../metrics.ts'
import type { InFlight } from './in-flight.ts'
import type { Visitor } from './visitor.ts'
import type { WakeQuota } from './wake-quota.ts'

export type WaitingRoomOptions = {
  readonly table: RouteTable
  readonly hits: Pick<Hits, 'publish'>
  readonly waking: InFlight
  /** Visitors who wait at most, in all; half of that for one deployment. */
  readonly queue: number
  readonly timeoutMs: number
  readonly quota: WakeQuota
  /** Whose deployment it is; null when that is not known. */
  readonly ownerOf: (deploymentId: string) => string | null
  readonly log: Log
}

export type WaitingRoom = {
  /** Passes the visitor on when the deployment is routed, refuses when it cannot be, else lets it wait. */
  admit(visitor: Visitor): void
  /**
   * The slot of a claim serves before the route says so: those who wait go there, and those who come until anything new is
   * known of the deployment (its route, or that it is to be quiet again).
   */
  awake(claim: Awake): void
  waiting(): number
  /** Of those who wait for a deployment, how many HAProxy counts under a claim. */
  waitingAs(deploymentId: string, claimId: string): number
  /** Refuses all who wait, and all who come. */
  close(): void
}

/** Those who wait for one deployment, and the wake that was asked for on their behalf. */
type Wake = { readonly id: string; readonly span: Span; readonly visitors: Map<Visitor, NodeJS.Timeout>; readonly since: string; timer: NodeJS.Timeout | undefined; asked: number }

/** The hit is a hint and may be lost: asked again after so long, milliseconds, the last for ever. */
const ASK_AGAIN_MS = [250, 500, 1_000, 2_000] as const

/**
 * Holds visitors of sleeping deployments. However many they are, they are one wake; it is over, and its mark gone, when nobody
 * waits any more. Routes are watched all the time, so none is missed between the hit and the wait.
 */
export const waitingRoom = ({ table, hits, waking, queue, timeoutMs, quota, ownerOf, log }: WaitingRoomOptions): WaitingRoom => {
  const wakes = new Map<string, Wake>()
  const refusals = new WeakMap<Visitor, number>()
  /** Slots that serve ahead of their routes. */
  const early = new Map<string, Awake>()
  let waiting = 0
  let closed = false

  const admit = (visitor: Visitor): void => {
    const route = awakeOr(table.effective(visitor.deploymentId), visitor.deploymentId)
    const refusal = closed ? failure('BACKEND_UNAVAILABLE') : refusalOf(route, visitor.deploymentId)
    if (refusal) return refuse(visitor, refusal)
    if (isRouted(route)) return void forward(visitor, route)
    wait(visitor, route)
  }

  /** The route as it will be once it is written, where a slot is known to serve already. */
  const awakeOr = (route: Route | null, deploymentId: string): Route | null => {
    const ahead = early.get(deploymentId)
    return ahead && route?.state === 'asleep' ? { ...route, state: 'routed', claimId: ahead.claimId, address: ahead.address } : route
  }

  const refuse = (visitor: Visitor, error: CatalogueError): void => {
    refused.inc({ code: error.code })
    visitor.refuse(error)
  }

  const forward = async (visitor: Visitor, route: Routed): Promise<void> => {
    const ended = waking.begin(route.claimId, visitor.counted)
    visitor.onGone(ended)
    if (await visitor.forward(route)) return
    // nobody listens there: whatever the route says it has to be woken
    ended()
    early.delete(visitor.deploymentId)
    refusals.set(visitor, (refusals.get(visitor) ?? 0) + 1)
    wait(visitor, route)
  }

  const wait = (visitor: Visitor, route: Route | null): void => {
    const { deploymentId, arrivedAt } = visitor
    const name = route?.name ?? deploymentId
    const left = arrivedAt + timeoutMs - Date.now()
    if (left <= 0) return refuse(visitor, failure('NOT_AWAKE_IN_TIME', { name, seconds: timeoutMs / 1000 }))
    const seconds = wakes.has(deploymentId) || refusals.has(visitor) ? 0 : secondsToQuota(deploymentId)
    if (seconds > 0) return refuse(visitor, failure('WAKE_QUOTA_OF_OWNER', { name, limit: quota.perMinute, retryAfterSeconds: seconds }))
    const known = wakes.get(deploymentId)
    if (waiting >= queue || (known?.visitors.size ?? 0) >= Math.ceil(queue / 2)) return refuse(visitor, failure('TOO_MANY_WAIT', { name }))
    const wake = known ?? begin(visitor, refusals.get(visitor) ?? 0)
    waiting += 1
    wake.visitors.set(visitor, setTimeout(() => leave(visitor) && refuse(visitor, failure('NOT_AWAKE_IN_TIME', { name, seconds: timeoutMs / 1000 })), left))
    visitor.onGone(() => void leave(visitor))
    if (wake.timer === undefined) ask(deploymentId, wake)
  }

  /** Only what sleeps by its route costs a wake: one that runs, and comes here because this edge does not trust its slots, does not. */
  const secondsToQuota = (deploymentId: string): number => {
    const owner = ownerOf(deploymentId)
    return owner === null || table.known(deploymentId)?.state !== 'asleep' ? 0 : quota.take(owner)
  }

  /** Of however many visitors it is the first one's trace. */
  const begin = ({ deploymentId, arrivedAt, traceparent }: Visitor, asked: number): Wake => {
    const wake: Wake = { id: randomId(), span: beginSpan('wake', { kind: 'server', parent: traceparent }), visitors: new Map(), since: new Date(arrivedAt).toISOString(), timer: undefined, asked }
    wakes.set(deploymentId, wake)
    woken.inc()
    return wake
  }

  /** False when it did not wait. */
  const leave = (visitor: Visitor): boolean => {
    const wake = wakes.get(visitor.deploymentId)
    if (!wake?.visitors.has(visitor)) return false
    clearTimeout(wake.visitors.get(visitor))
    wake.visitors.delete(visitor)
    waiting -= 1
    if (wake.visitors.size === 0) {
      clearTimeout(wake.timer)
      wake.span.end()
      wakes.delete(visitor.deploymentId)
    }
    return true
  }

  const ask = (deploymentId: string, wake: Wake): void => {
    const again = ASK_AGAIN_MS[Math.min(wake.asked, ASK_AGAIN_MS.length - 1)]
    wake.asked += 1
    wake.timer = setTimeout(() => lookAgain(deploymentId, wake), again)
    const hit = { deploymentId, claimId: table.effective(deploymentId)?.claimId ?? null, since: wake.since }
    inTrace({ traceparent: wake.span.traceparent, correlationId: wake.id }, () => hits.publish(hit))
      .catch((error: unknown) => log.warn({ deploymentId, reason: String(error) }, 'hit was not sent; asking again'))
  }

  /** A slot that refused before may listen by now, without its route having changed. */
  const lookAgain = (deploymentId: string, wake: Wake): void => {
    if (isRouted(table.effective(deploymentId))) release(deploymentId)
    else ask(deploymentId, wake)
  }

  const release = (deploymentId: string): void => {
    const wake = wakes.get(deploymentId)
    if (!wake) return
    const visitors = [...wake.visitors.keys()]
    for (const visitor of visitors) leave(visitor)
    for (const visitor of visitors) admit(visitor)
  }

  table.onChange((deploymentId) => {
    early.delete(deploymentId)
    if (!wakes.has(deploymentId)) return
    const route = table.effective(deploymentId)
    if (isRouted(route) || refusalOf(route, deploymentId)) release(deploymentId)
  })

  return {
    admit,
    awake: (claim) => {
      const known = table.known(claim.deploymentId)
      if (closed || !known || isOlder(claim.claimId, known.claimId) || table.effective(claim.deploymentId)?.state !== 'asleep') return
      early.set(claim.deploymentId, claim)
      release(claim.deploymentId)
    },
    waiting: () => waiting,
    waitingAs: (deploymentId, claimId) => [...(wakes.get(deploymentId)?.visitors.keys() ?? [])].filter(({ counted }) => counted === claimId).length,
    close: () => {
      closed = true
      for (const deploymentId of wakes.keys()) release(deploymentId)
    },
  }
}

const isOlder = (claimId: string, known: string | null): boolean => known !== null && epochOf(claimId) < epochOf(known)

type Routed = Route & { readonly address: string; readonly claimId: string }

const isRouted = (route: Route | null): route is Routed => route !== null && route.state === 'routed' && route.address !== null && route.claimId !== null

/** Why nobody can wait for it, null when one can. */
const refusalOf = (route: Route | null, deploymentId: string): CatalogueError | null => {
  if (!route) return failure('HOST_UNKNOWN', { host: deploymentId })
  const { name, state } = route
  switch (state) {
    case 'deleted':
      return failure('DEPLOYMENT_DELETED', { name })
    case 'stopped':
      return failure('DEPLOYMENT_STOPPED', { name, reason: route.reason ?? 'its owner stopped it' })
    case 'failed':
      return failure('DEPLOYMENT_FAILED', { name, reason: route.reason ?? 'its slot did not come up' })
    case 'routed':
    case 'asleep':
      return null
    default:
      return state satisfies never
  }
}
