import { plainText } from './answers.ts'
import { MAPS, type MapName } from './haproxy-config.ts'
import type { Route } from '../routes/port.ts'

/** One key of one map; `value` null: it must not be there. */
export type Entry = { readonly map: MapName; readonly key: string; readonly value: string | null }

type Naming = { readonly domain: string; readonly claimHeader: (claimId: string) => string }

/** What visitors of a claim are counted under; before the first claim it is the deployment. */
export const countedAs = ({ claimId, deploymentId }: Route): string => claimId ?? deploymentId

/**
 * What the maps must hold for a deployment, in the order to write it: the slot before the host that leads to it, the reason
 * before the state that it explains, and at last the slots that are no longer led to. `before`: the claim whose slot was in the
 * map until now. `holdsName`: false when another deployment has the name now.
 */
export const entriesOf = (route: Route, before: string | null, holdsName: boolean, { domain, claimHeader }: Naming): readonly Entry[] => {
  const { claimId, deploymentId, address, reason, name } = route
  const routed = route.state === 'routed' && claimId !== null && address !== null
  const state = route.state === 'routed' || route.state === 'asleep' ? 'live' : route.state
  const gone = [...new Set([before, routed ? null : claimId])].filter((claim): claim is string => claim !== null && !(routed && claim === claimId))
  return [
    ...(routed ? [{ map: MAPS.slots, key: claimId, value: `${hostOf(address)}|${portOf(address)}|${claimHeader(claimId)}` }] : []),
    { map: MAPS.reasons, key: deploymentId, value: reason === null ? null : encode(reason) },
    ...(holdsName ? [{ map: MAPS.hosts, key: `${name}.${domain}`, value: `${countedAs(route)}|${deploymentId}|${state}` }] : []),
    ...gone.map((claim) => ({ map: MAPS.slots, key: claim, value: null })),
  ]
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'))
const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1)

/** Base64, since the runtime API splits at spaces and semicolons. */
const encode = (reason: string): string => Buffer.from(plainText(reason)).toString('base64')
