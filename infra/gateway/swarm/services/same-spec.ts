import { isDeepStrictEqual } from 'node:util'
import type { ServiceSpec } from 'dockerode'

/**
 * Whether a service already is as it is to be: of an identical one nothing is asked, so that no replica ends. The engine leaves out
 * what is empty and fills in what nobody said; `ForceUpdate` counts restarts that somebody asked for, and is left to them.
 */
export const isSameSpec = (wanted: ServiceSpec, actual: object): boolean => isDeepStrictEqual(essence(wanted), essence(actual))

/** Fields that the engine fills in, with what it says there. */
const FILLED_IN: ReadonlyMap<string, unknown> = new Map<string, unknown>([['Isolation', 'default'], ['Runtime', 'container'], ['Init', false]])
const LEFT_ALONE = new Set(['ForceUpdate', 'Platforms'])
/** As dockerode's types call it and as the engine does. */
const RENAMED: ReadonlyMap<string, string> = new Map([['HealthCheck', 'Healthcheck']])

const essence = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((each) => essence(each))
  if (typeof value !== 'object' || value === null) return value === 0 || value === '' || value === false || value === null ? undefined : value
  const kept = Object.entries(value)
    .filter(([key, each]) => !LEFT_ALONE.has(key) && FILLED_IN.get(key) !== each)
    .map(([key, each]) => [RENAMED.get(key) ?? key, key === 'Labels' ? each : essence(each)] as const)
    .filter(([, each]) => each !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}
