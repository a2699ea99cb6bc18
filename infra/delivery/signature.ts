import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Signed deliveries: the dispatcher signs what it sends, functions meant for events accept only that. Header
 * `x-playground-signature: t=<unix ms>,v1=<hex hmac-sha256>` over id, type, stream position, time and body hash.
 */
export const SIGNATURE_HEADER = 'x-playground-signature'

export type Signed = {
  /** ce-id, ce-type and ce-sequence of the delivery. */
  readonly id: string
  readonly type: string
  readonly sequence: string
  readonly body: Uint8Array
}

export const sign = (key: string, signed: Signed, atMs: number): string => `t=${atMs},v1=${mac(key, signed, atMs)}`

/** Longest age of a delivery, milliseconds: a replayed one is refused after that (reactions decide from the aggregate anyway). */
export const MAX_AGE_MS = 5 * 60_000

/** null when the signature holds, else why it does not. */
export const refusal = (key: string, signed: Signed, header: string | undefined, nowMs: number): string | null => {
  if (!header) return `no ${SIGNATURE_HEADER} header`
  const match = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(header)
  if (!match) return `${SIGNATURE_HEADER} is not t=<ms>,v1=<hex>`
  const at = Number(match[1])
  const expected = Buffer.from(mac(key, signed, at), 'hex')
  if (!timingSafeEqual(expected, Buffer.from(match[2] ?? '', 'hex'))) return 'the signature does not match'
  if (nowMs - at > MAX_AGE_MS) return 'the delivery is older than five minutes, or one of the two clocks is wrong'
  return at - nowMs > MAX_AGE_MS ? 'the delivery was signed more than five minutes from now: one of the two clocks is wrong' : null
}

const mac = (key: string, { id, type, sequence, body }: Signed, atMs: number): string =>
  createHmac('sha256', key).update(JSON.stringify([id, type, sequence, atMs, createHash('sha256').update(body).digest('hex')])).digest('hex')
