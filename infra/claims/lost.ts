import { isFailure } from '../../events/errors.ts'
import * as instance from '../../events/instance/decide.ts'
import type { LoadedInstance } from '../aggregates/instances.ts'
import type { Cause } from '../functions/cause.ts'
import { now, type Platform } from '../platform/port.ts'
import { routeOfInstance } from './route.ts'

/**
 * Asks an agent for something about a claim. When it knows no such claim the slot died with its process or its node: that
 * becomes InstanceLost, and a hit will claim anew. null then. @throws what `ask` throws otherwise
 */
export const orLost = async <T>(ask: () => Promise<T>, loaded: LoadedInstance, cause: Cause, on: Platform): Promise<T | null> => {
  try {
    return await ask()
  } catch (error) {
    if (!isFailure(error, 'CLAIM_UNKNOWN')) throw error
    const lost = await on.instances.changeLoaded(loaded, (current) => instance.lost('its slot is gone', { at: now(on) }, current), cause.id, cause.metadata)
    if (lost) await on.routes.put(routeOfInstance(lost))
    return null
  }
}
