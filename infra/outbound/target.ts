import { isIP } from 'node:net'
import { privateReason } from './address.ts'
import { allowsAddress, allowsHost, type Allow } from './allow.ts'

export type Guard = {
  readonly allow: Allow
  /** The platform's own names, lower case; `*.name` is every name below it. */
  readonly ownHosts: readonly string[]
}

/** An address that may be called as far as it can be told without resolving its name. */
export type Target = {
  readonly url: URL
  /** The name or literal address: lower case, no brackets, no dot at its end. */
  readonly host: string
  readonly port: number
  /** The operator named it: whatever it resolves to is taken. */
  readonly trusted: boolean
}

/** Longest address, characters. */
const MAX_URL = 2_000

/**
 * Reads an address. The URL parser has by then made plain what was dressed up (WHATWG URL, section 3.5): decimal, octal, hex and
 * short IPv4, full-width digits, percent-encoding, upper case. @throws Refused
 */
export const parseTarget = (text: string, guard: Guard): Target => {
  if (text.length > MAX_URL) throw new Refused(`is longer than ${MAX_URL} characters`)
  const url = URL.parse(text)
  if (!url) throw new Refused('is not an absolute URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Refused('is neither http nor https')
  if (url.username !== '' || url.password !== '') throw new Refused('has credentials in it')
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(host) === 0 && host.split('.').includes('')) throw new Refused('has an empty label in its host')
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const target: Target = { url, host, port, trusted: allowsHost(guard.allow, host, port) }
  if (isIP(host) !== 0) judge(target, host, guard)
  else if (!target.trusted && isInner(host, guard)) throw new Refused(`${host} is not a public name`)
  return target
}

/** Judges one address that the target's host stands for. @throws Refused */
export const judge = ({ port, trusted }: Target, address: string, { allow }: Guard): void => {
  if (trusted || allowsAddress(allow, address, port)) return
  const reason = privateReason(address)
  if (reason !== null) throw new Refused(reason)
  if (!allow.ports.has(port)) throw new Refused(`port ${port} is not one of ${[...allow.ports].join(', ')}`)
}

/** The guard's no. The message is a reason that goes on from "url: ". */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Names that mean this machine or this network whatever they resolve to (RFC 6761, RFC 6762, RFC 8375), those without a dot, and our own. */
const isInner = (host: string, { ownHosts }: Guard): boolean =>
  !host.includes('.') || INNER.some((suffix) => host.endsWith(suffix)) || ownHosts.some((own) => (own.startsWith('*.') ? host.endsWith(own.slice(1)) : host === own))

const INNER = ['.localhost', '.localdomain', '.local', '.internal', '.intranet', '.home.arpa', '.lan']
