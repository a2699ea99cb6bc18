import { ApiError, TITLES } from './api-error.ts'
import { API_VERSIONS, type ApiVersion } from './versions.ts'

/** Forms of a JSON-LD document that can be asked for (JSON-LD 1.1, section 6, profile parameter). */
export const FORMS = ['compacted', 'expanded', 'flattened'] as const
export type Form = (typeof FORMS)[number]

/** What the answer to a client is: the version of the API and the form of its JSON-LD; null: the client takes no JSON-LD. */
export type Chosen = { readonly version: ApiVersion; readonly form: Form }

const PROFILE = 'http://www.w3.org/ns/json-ld#'
const TAKEN: ReadonlySet<string> = new Set(['application/ld+json', 'application/json', 'application/*', '*/*'])
const DEFAULT: Chosen = { version: API_VERSIONS[0], form: 'compacted' }

/**
 * Chooses by `Accept`: of the ranges that JSON-LD is in, the one with the highest quality, the first of equals. No version or an
 * unknown one gets the highest, since old clients ask for versions that never were.
 */
export const choose = (accept: string | undefined): Chosen | null => {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/ld+json') return DEFAULT
  const [best] = rangesOf(accept).filter(({ name, quality }) => TAKEN.has(name) && quality > 0).toSorted((a, b) => b.quality - a.quality)
  if (!best) return null
  const profiles = (best.parameters.get('profile') ?? '').split(/\s+/)
  return {
    version: API_VERSIONS.find((version) => version === best.parameters.get('version')) ?? DEFAULT.version,
    form: FORMS.find((form) => profiles.includes(PROFILE + form)) ?? DEFAULT.form,
  }
}

/** Content-Type of JSON-LD in the version and form. */
export const contentType = ({ version, form }: Chosen = DEFAULT): string =>
  `application/ld+json; version=${version}${form === 'compacted' ? '' : `; profile="${PROFILE}${form}"`}`

/** As `choose`. @throws ApiError 415, the standard's answer here, when nothing of `Accept` can be had */
export const checkAccept = (accept: string | undefined): Chosen => {
  const chosen = choose(accept)
  if (chosen === null) throw notAcceptable(accept)
  return chosen
}

export const notAcceptable = (accept: string | undefined): ApiError => new ApiError(415, TITLES.mediaType, `Accept ${accept}: only application/ld+json can be had here.`)

/** Codings of answers, the better first (RFC 9110, section 12.5.3). */
const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/** The content coding that the client prefers; null: none. */
export const chooseCoding = (acceptEncoding: string | undefined): Coding | null => {
  if (acceptEncoding === undefined) return null
  const ranges = rangesOf(acceptEncoding)
  const quality = (coding: string) => (ranges.find(({ name }) => name === coding) ?? ranges.find(({ name }) => name === '*'))?.quality ?? 0
  const [best] = CODINGS.filter((coding) => quality(coding) > 0).toSorted((a, b) => quality(b) - quality(a))
  return best !== undefined && quality(best) >= (ranges.find(({ name }) => name === 'identity')?.quality ?? 0) ? best : null
}

type Range = { readonly name: string; readonly parameters: ReadonlyMap<string, string>; readonly quality: number }

/** Longest header that is looked into; node takes 16 KB of headers. */
const MOST_RANGES = 64

/** Entries of a list with parameters (RFC 9110, section 5.6), names in lower case; quoted values may hold anything. */
const rangesOf = (header: string): readonly Range[] =>
  (header.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []).slice(0, MOST_RANGES).map((entry) => {
    const [name = '', ...rest] = (entry.match(/(?:"(?:\\.|[^"\\])*"|[^;"])+/g) ?? []).map((part) => part.trim())
    const parameters = new Map(rest.map((part) => {
      const equals = part.indexOf('=')
      return [part.slice(0, Math.max(equals, 0)).trim().toLowerCase(), part.slice(equals + 1).trim().replaceAll(/^"|"$/g, '')] as const
    }))
    const quality = Number(parameters.get('q') ?? 1)
    return { name: name.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 }
  })
