import { createLocalJWKSet, type LocalJWKSet } from 'jose/jwks/local'
import * as z from 'zod/mini'
import { rateLimit } from '../rate.ts'
import type { Trust } from './issuers.ts'

/** Reads a JSON document from an address that somebody else chose. @throws KeysUnavailable */
export type FetchJson = (url: string) => Promise<unknown>

/** The keys of an issuer cannot be had. `away`: it does not answer now, and may later; else what it answers is no key set. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
  readonly away: boolean
  constructor(message: string, away: boolean) {
    super(message)
    this.away = away
  }
}

/** Issuers remembered, of each sort. */
const MOST = 200
const FRESH_MS = 10 * 60_000
/** So long keys are used while their issuer is away. */
const STALE_MS = 24 * 3_600_000
/** An issuer is asked at most once in this time, whatever tokens come. */
const AGAIN_MS = 30_000
/** Issuers that nobody named are asked for, all together: anybody can make up names of siblings. */
const STRANGERS = { perMinute: 30, burst: 10 }
const MOST_KEYS = 100

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.exactOptional(z.string()) })).check(z.maxLength(MOST_KEYS)) })
const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

type Keys = { readonly set: LocalJWKSet; readonly kids: ReadonlySet<string>; readonly at: number }
type Entry = { keys: Keys | null; askedAt: number; failure: KeysUnavailable | null; asking: Promise<void> | null }

/**
 * Public keys by issuer, fetched when a token needs them, never from an address that a token names. @param now
 * milliseconds, of a clock that goes on while the process is frozen: keys grow old meanwhile
 */
export const keySets = (fetchJson: FetchJson, now: () => number = Date.now) => {
  const named = new Map<string, Entry>()
  const strangers = new Map<string, Entry>()
  const strangersLimit = rateLimit(STRANGERS, now)

  const ask = async (trust: Trust, entry: Entry): Promise<void> => {
    entry.askedAt = now()
    try {
      const keys = await fetchKeys(trust, fetchJson)
      Object.assign(entry, { keys: { ...keys, at: now() }, failure: null })
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error
      entry.failure = error
    } finally {
      entry.asking = null
    }
  }

  /**
   * The keys for a token with this `kid`. @param isNamed the issuer is in a list, not merely on the same platform
   * @throws KeysUnavailable
   */
  return async (trust: Trust, kid: string | undefined, isNamed: boolean): Promise<LocalJWKSet> => {
    const entry = entryOf(isNamed ? named : strangers, `${trust.issuer} ${trust.jwksUri ?? ''}`)
    const isKnown = () => entry.keys !== null && (kid === undefined || entry.keys.kids.has(kid))
    const age = () => (entry.keys ? now() - entry.keys.at : Number.POSITIVE_INFINITY)
    if (isKnown() && age() < FRESH_MS) return setOf(entry)
    if (!entry.asking && now() - entry.askedAt >= AGAIN_MS && (isNamed || strangersLimit.take('') === null)) entry.asking = ask(trust, entry)
    await entry.asking
    if (age() < STALE_MS) return setOf(entry)
    throw entry.failure ?? new KeysUnavailable('Too many issuers are asked for their keys.', true)
  }
}

const setOf = ({ keys }: Entry): LocalJWKSet => {
  if (!keys) throw new KeysUnavailable('There are no keys.', false)
  return keys.set
}

/** The entry, which is now the last to be forgotten; those without keys are forgotten before all others, since anybody can make up more. */
const entryOf = (entries: Map<string, Entry>, name: string): Entry => {
  const entry = entries.get(name) ?? { keys: null, askedAt: Number.NEGATIVE_INFINITY, failure: null, asking: null }
  entries.delete(name)
  if (entries.size >= MOST) {
    const [oldest] = entries.keys()
    const useless = [...entries].find(([, { keys, asking }]) => !keys && !asking)?.[0] ?? oldest
    if (useless !== undefined) entries.delete(useless)
  }
  entries.set(name, entry)
  return entry
}

const fetchKeys = async ({ issuer, jwksUri }: Trust, fetchJson: FetchJson): Promise<Omit<Keys, 'at'>> => {
  const { keys } = read(keySet, await fetchJson(jwksUri ?? (await discover(issuer, fetchJson))), 'key set')
  return { set: createLocalJWKSet({ keys }), kids: new Set(keys.flatMap(({ kid }) => kid ?? [])) }
}

/** Address of the key set, as the issuer says (OpenID Connect Discovery 1.0, section 4.3: the document must name the same issuer). */
const discover = async (issuer: string, fetchJson: FetchJson): Promise<string> => {
  const document = read(discovery, await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), 'discovery document')
  if (document.issuer !== issuer) throw new KeysUnavailable('Its issuer calls itself by another name.', false)
  return document.jwks_uri
}

const read = <T extends z.ZodMiniType>(schema: T, value: unknown, what: string): z.output<T> => {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new KeysUnavailable(`What its issuer answers is no ${what}.`, false)
  return parsed.data
}
