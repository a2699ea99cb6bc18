import type { Settings } from '../../events/deployment/settings.ts'
import { failure } from '../../events/errors.ts'
import type { Platform } from '../../infra/platform/port.ts'

/** @throws INVALID_FIELD for an issuer whose tokens or keys would come over an open line */
export const requireTrustworthy = ({ trust = [] }: Partial<Settings>, { settings }: Pick<Platform, 'settings'>, field = 'trust'): void => {
  for (const [index, { issuer, jwksUri }] of trust.entries()) {
    for (const [key, url] of Object.entries({ issuer, jwksUri })) {
      if (url !== null && !settings.trustsUrl(url)) throw failure('INVALID_FIELD', { field: `${field}.${index}.${key}`, reason: 'it must be an https URL, or a deployment of this playground' })
    }
  }
}
