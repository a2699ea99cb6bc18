import type { IncomingMessage } from 'node:http'
import { CLAIM_HEADER } from '../../claim-secret.ts'
import { isSampled } from '../../tracing/span.ts'
import { fromOutside } from '../../tracing/trace-context.ts'
import { ENTRY_HEADER } from '../haproxy-config.ts'

/** For one connection only (RFC 9110, section 7.6.1), or between HAProxy and the waker. `Expect` is answered by the waker. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'upgrade', 'expect', CLAIM_HEADER, ENTRY_HEADER,
])

/** What a slot answers to the header of any claim but its own (RFC 9110, section 15.5.20): the route was stale. */
export const MISDIRECTED = 421

/** The trace a visitor came with, if any; whether it is recorded is for us to say. */
export const traceOf = ({ headers: { traceparent } }: IncomingMessage): string | null =>
  fromOutside(typeof traceparent === 'string' ? traceparent : undefined, isSampled())

/** Names and values in turn, as they came, without what is not for the next. `raw` is `rawHeaders` of a message. */
export const endToEnd = (raw: readonly string[]): string[] => {
  const kept: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index] ?? '', raw[index + 1] ?? '']
    if (!NOT_PASSED_ON.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}
