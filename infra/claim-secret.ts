import { createHmac } from 'node:crypto'

/** Header with which the edge proves to a slot that a request is meant for its claim; a slot answers 421 to any other value. */
export const CLAIM_HEADER = 'x-playground-claim'

/** Value of the claim header: `<claimId>.<secret>`; agent and edge derive it alike, so it is kept nowhere. */
export const claimHeader = (signingKey: string, claimId: string): string =>
  `${claimId}.${createHmac('sha256', signingKey).update(`claim:${claimId}`).digest('base64url').slice(0, 32)}`
