import { randomUUID } from 'node:crypto'

/** A `traceparent` of W3C Trace Context, taken apart: 32 and 16 hexadecimal digits, and whether whoever wrote it records it. */
export type TraceContext = { readonly traceId: string; readonly spanId: string; readonly sampled: boolean }

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * Reads a traceparent (W3C Trace Context, section 3.2); null for what is none. Of a version that is not known yet the parts of version
 * 00 are read, as section 3.2.4 asks.
 */
export const parseTraceparent = (value: string | undefined): TraceContext | null => {
  const [, version = 'ff', traceId = '', spanId = '', flags = '', more] = FORM.exec(value ?? '') ?? []
  const isOurs = version === '00'
  if (version === 'ff' || (isOurs && more !== undefined) || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string => `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`

/** Digits of UUIDs, which Node makes many at once: a tenth of what asking for random bytes each time costs. */
export const newTraceparent = (sampled: boolean): string => {
  const [traceId, other] = [digits(), digits()]
  return formatTraceparent({ traceId, spanId: other.slice(0, 8) + other.slice(-8), sampled })
}

/** What is taken from a caller we do not know: its trace, never its word on what is recorded. Null where it gave none that can be read. */
export const fromOutside = (header: string | undefined, sampled: boolean): string | null => {
  const given = parseTraceparent(header)
  return given && formatTraceparent({ ...given, sampled })
}

const digits = (): string => randomUUID().replaceAll('-', '')
