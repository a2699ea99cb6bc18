import type { Config } from '../config.ts'
import type { Identity, StorageAccess } from '../credentials/port.ts'
import type { Claim } from '../slot/port.ts'
import type { ClaimRequest } from './port.ts'

/** What is the same for every slot of this playground. */
export type Surroundings = Pick<Claim, 'outboundAllow' | 'platform'>

export const surroundingsOf = (config: Pick<Config, 'OUTBOUND_ALLOW' | 'DEPLOYMENTS_DOMAIN' | 'PUBLIC_SCHEME' | 'PUBLIC_PORT' | 'HTTP_PORT'>): Surroundings => ({
  outboundAllow: config.OUTBOUND_ALLOW,
  platform: { domain: config.DEPLOYMENTS_DOMAIN, scheme: config.PUBLIC_SCHEME, port: config.PUBLIC_PORT || config.HTTP_PORT },
})

/** What a slot is told when it is claimed. */
export const slotClaim = ({ claimId, deploymentId, epoch, name, baseUrl, settings }: ClaimRequest, { storage, identity }: { readonly storage: StorageAccess; readonly identity: Identity }, surroundings: Surroundings): Claim => ({
  claimId, deploymentId, epoch, name, baseUrl, storage, ...surroundings,
  access: { open: settings.open, hideForbidden: settings.hideForbidden, trust: settings.trust, ...identity },
  strictness: settings.strictness,
  limits: {
    storedBytes: settings.maxStoredBytes, objects: settings.maxObjects, bodyBytes: settings.maxBodyBytes,
    documentBytes: settings.maxDocumentBytes, requestsPerMinute: settings.requestsPerMinute,
  },
})
