import { comparePositions } from '../event-store/port.ts'
import type { Route } from '../routes/port.ts'

/**
 * The routes as this edge knows them, kept in memory, and what it makes of them: while a claim is quiesced, or the edge has no
 * lease, a routed deployment counts as asleep, so that visitors wait at the waker.
 */
export type RouteTable = {
  /** Takes a route unless one of the same or a later sequence is known. */
  accept(route: Route): void
  /** The newest route that was taken, whatever this edge makes of it; null when the deployment is unknown. */
  known(deploymentId: string): Route | null
  /** What holds now; null when the deployment is unknown. */
  effective(deploymentId: string): Route | null
  /** The deployment that a name belongs to: the newest that is not deleted, else the newest. */
  holder(name: string): Route | null
  deployments(): Iterable<string>
  /** Sends visitors of the claim to the waker until `restore`, or until a route comes that follows from an event after `sequence`. */
  quiesce(deploymentId: string, claimId: string, sequence?: string): void
  restore(claimId: string): void
  /** Nothing is routed but under a lease, which ends by itself. `until`: milliseconds since 1970, 0 for none. */
  trust(until: number): void
  /** Called after every change of what `effective` says of a deployment. */
  onChange(listener: (deploymentId: string) => void): void
}

export const routeTable = (): RouteTable => {
  const routes = new Map<string, Route>()
  const byName = new Map<string, Set<string>>()
  /** By claim; `until`: the sequence that a route must be after to end the quiet. */
  const quiesced = new Map<string, { readonly deploymentId: string; readonly until: string }>()
  const listeners: ((deploymentId: string) => void)[] = []
  let trustedUntil = 0

  const changed = (deploymentId: string) => listeners.forEach((listener) => listener(deploymentId))
  const forgetOthers = (route: Route) => {
    for (const [claimId, { deploymentId, until }] of quiesced) {
      const isOlder = comparePositions(route.sequence, until) > 0
      if (deploymentId === route.deploymentId && claimId !== route.claimId && isOlder) quiesced.delete(claimId)
    }
  }
  // a process that was stopped may be asked before it has noticed
  const isQuiet = ({ claimId }: Route) => Date.now() >= trustedUntil || (claimId !== null && quiesced.has(claimId))

  return {
    accept: (route) => {
      const known = routes.get(route.deploymentId)
      if (known && comparePositions(known.sequence, route.sequence) >= 0) return
      routes.set(route.deploymentId, route)
      byName.set(route.name, (byName.get(route.name) ?? new Set()).add(route.deploymentId))
      if (known?.claimId !== route.claimId) forgetOthers(route)
      const quiet = route.claimId === null ? undefined : quiesced.get(route.claimId)
      if (route.claimId !== null && quiet && comparePositions(route.sequence, quiet.until) > 0) quiesced.delete(route.claimId)
      changed(route.deploymentId)
    },
    known: (deploymentId) => routes.get(deploymentId) ?? null,
    effective: (deploymentId) => {
      const route = routes.get(deploymentId)
      if (!route) return null
      return route.state === 'routed' && isQuiet(route) ? { ...route, state: 'asleep', address: null } : route
    },
    holder: (name) => {
      const all = [...(byName.get(name) ?? [])].flatMap((id) => routes.get(id) ?? [])
      const rank = (a: Route, b: Route) => Number(a.state === 'deleted') - Number(b.state === 'deleted') || comparePositions(b.sequence, a.sequence)
      return all.sort(rank)[0] ?? null
    },
    deployments: () => routes.keys(),
    quiesce: (deploymentId, claimId, sequence) => {
      quiesced.set(claimId, { deploymentId, until: latest(sequence, quiesced.get(claimId)?.until, routes.get(deploymentId)?.sequence) })
      changed(deploymentId)
    },
    restore: (claimId) => {
      if (!quiesced.delete(claimId)) return
      for (const route of routes.values()) if (route.claimId === claimId) changed(route.deploymentId)
    },
    trust: (until) => {
      const isProlonged = trustedUntil > Date.now() && until > 0
      trustedUntil = until
      if (isProlonged) return
      for (const route of routes.values()) if (route.state === 'routed') changed(route.deploymentId)
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

const latest = (...positions: readonly (string | undefined)[]): string =>
  positions.reduce<string>((newest, position) => (position !== undefined && comparePositions(position, newest) > 0 ? position : newest), '0')
