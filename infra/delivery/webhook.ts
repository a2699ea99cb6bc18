import { createHmac, hkdfSync } from 'node:crypto'
import { toHeaders, type DeliveryHead } from './cloud-event.ts'

/**
 * What other services get: a CloudEvent (cloud-event.ts) signed as Standard Webhooks 1.0 asks (standardwebhooks.com), so that the
 * libraries of many languages verify it. docs/subscriptions.md is for those who write the other side.
 */

/** The signing secret of a subscription, `whsec_<base64 of 32 bytes>`: derived (HKDF, RFC 5869), so it is kept nowhere. */
export const webhookSecret = (signingKey: string, subscriptionId: string, version: number): string =>
  `${PREFIX}${Buffer.from(hkdfSync('sha256', signingKey, '', `subscription:${subscriptionId}:${version}`, 32)).toString('base64')}`

/** How long after a rotation the secret before is signed with too, milliseconds. */
export const OLD_SECRET_MS = 24 * 60 * 60_000

export type SecretVersion = { readonly subscriptionId: string; readonly secretVersion: number; /** When this version began, RFC 3339. */ readonly secretSince: string }

/** The secrets to sign with now, newest first: two of them on the day after a rotation. */
export const secretsOf = (signingKey: string, { subscriptionId, secretVersion, secretSince }: SecretVersion, nowMs: number): readonly string[] => {
  const isFresh = secretVersion > 1 && nowMs - Date.parse(secretSince) < OLD_SECRET_MS
  return [secretVersion, ...(isFresh ? [secretVersion - 1] : [])].map((version) => webhookSecret(signingKey, subscriptionId, version))
}

/**
 * Headers of a delivery. The signed id is made of `ce-sequence`, `ce-type` and `ce-id`, joined by `_`: the specification signs id, time and
 * body only, and so the event's type is under the signature too. It is the same for every attempt.
 */
export const webhookHeaders = (secrets: readonly string[], head: DeliveryHead, body: Uint8Array, nowMs: number): Record<string, string> => {
  const headers = toHeaders(head)
  const id = [headers['ce-sequence'], headers['ce-type'], headers['ce-id']].join('_')
  const timestamp = String(Math.floor(nowMs / 1_000))
  return { ...headers, 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': webhookSignature(secrets, id, timestamp, body), 'user-agent': 'one-record-playground' }
}

/** `v1,<base64>` for each secret, separated by blanks. `timestamp`: seconds since 1970. */
export const webhookSignature = (secrets: readonly string[], id: string, timestamp: string, body: Uint8Array): string =>
  secrets.map((secret) => `v1,${mac(secret, id, timestamp, body)}`).join(' ')

const PREFIX = 'whsec_'

const mac = (secret: string, id: string, timestamp: string, body: Uint8Array): string =>
  createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64')).update(`${id}.${timestamp}.`).update(body).digest('base64')
