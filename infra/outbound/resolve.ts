import { lookup, Resolver } from 'node:dns/promises'
import type { Target } from './target.ts'

/** The addresses of a target's name. A port: tests give one that changes its mind. @throws Error when there are none */
export type Resolve = (target: Pick<Target, 'host' | 'trusted'>) => Promise<readonly string[]>

/** Per try, milliseconds. */
const TIMEOUT_MS = 2_000

/**
 * By c-ares, which asks the name servers without occupying the thread pool: names of strangers may be slow on purpose, and a pool of
 * four threads also serves our files. Names the operator allowed go by the system, `/etc/hosts` included.
 */
export const dnsResolve = (): Resolve => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  return async ({ host, trusted }) => {
    // RFC 6761, section 6.3; not every system knows
    if (trusted && (host === 'localhost' || host.endsWith('.localhost'))) return ['127.0.0.1', '::1']
    if (trusted) return (await lookup(host, { all: true })).map(({ address }) => address)
    const results = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const addresses = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    if (addresses.length > 0) return addresses
    const code = results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : [])).find((each) => each !== 'ENODATA')
    throw new Error(`${host} has no address (${code ?? 'ENODATA'})`)
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
