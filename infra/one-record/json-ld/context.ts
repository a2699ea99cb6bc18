import { invalidBody } from '../http/api-error.ts'
import { API, CARGO } from '../namespaces.ts'
import { NotReadError } from './not-read.ts'

/** Definition of a term (JSON-LD 1.1, section 4.1), as far as read here. */
type Term = {
  /** Absolute IRI or keyword; null: the term is decoupled and its values are dropped. */
  readonly iri: string | null
  readonly isPrefix: boolean
  /** `@id`, `@vocab` or a datatype. */
  readonly type: string | null
  /** null: no language whatever the default says. */
  readonly language: string | null | undefined
  readonly container: 'set' | 'list' | null
}
export type Context = {
  readonly vocab: string | null
  readonly base: string | null
  readonly language: string | null
  readonly terms: ReadonlyMap<string, Term>
}

export const emptyContext: Context = { vocab: null, base: null, language: null, terms: new Map() }

const KEYWORDS = new Set(['@id', '@type', '@value', '@language', '@list', '@set', '@graph', '@context', '@index', '@reverse', '@included', '@nest', '@json', '@none', '@vocab', '@base', '@direction'])
const TERM_KEYS = new Set(['@id', '@type', '@language', '@container', '@prefix'])
const prefix = (iri: string): Term => ({ iri, isPrefix: true, type: null, language: undefined, container: null })

/** The only contexts known by address, those of the two ontologies; nothing is ever fetched. Null: any other. */
export const knownContext = (address: string): { readonly '@vocab': string; readonly cargo: string; readonly api: string } | null => {
  const namespace = [CARGO, API].find((iri) => [iri, iri.slice(0, -1), `${iri.slice(0, -1)}/`].includes(address))
  return namespace === undefined ? null : { '@vocab': namespace, cargo: CARGO, api: API }
}

export const remoteContext = (address: string): Error => invalidBody(`@context ${address} is not known here and remote contexts are never fetched; send its terms inline.`)

/**
 * What `@context` makes of the active context. Understood: prefixes, terms with `@id`, `@type`, `@language`, `@container` `@set` or
 * `@list`, keyword aliases, `@vocab`, `@base`, `@language`, null and arrays of these. @throws NotReadError for what else there is, ApiError 400 for what is no context
 */
export const applyContext = (active: Context, local: unknown): Context => {
  if (local === null) return emptyContext
  if (Array.isArray(local)) return local.reduce<Context>(applyContext, active)
  if (typeof local === 'string') {
    const context = knownContext(local)
    if (!context) throw remoteContext(local)
    return define(active, context)
  }
  if (typeof local !== 'object') throw invalidBody('@context must be an object, an array or null.')
  return define(active, local as Readonly<Record<string, unknown>>)
}

const define = (active: Context, local: Readonly<Record<string, unknown>>): Context => {
  const terms = new Map(active.terms)
  const settings = { vocab: active.vocab, base: active.base, language: active.language }
  const context: Context = { ...settings, terms }
  const pending = new Set<string>()
  const resolving = new Set<string>()

  // a definition may use terms that are defined after it
  const resolve = (value: string, term = ''): string | null => {
    const name = value.includes(':') ? value.slice(0, value.indexOf(':')) : value
    if (pending.has(name)) defineTerm(name)
    else if (resolving.has(name) && value !== term) throw invalidBody(`@context defines ${name} by itself.`)
    return expandIri(value, context, 'vocab')
  }
  const defineTerm = (name: string): void => {
    resolving.add(name)
    const definition = local[name]
    terms.delete(name)
    pending.delete(name)
    if (definition === null) terms.set(name, { iri: null, isPrefix: false, type: null, language: undefined, container: null })
    else if (typeof definition === 'string') terms.set(name, simpleTerm(name, definition, resolve))
    else terms.set(name, expandedTerm(name, definition, resolve))
    resolving.delete(name)
    // a term that looks like an IRI must be that IRI: it is when it is not said to be another, else that is left to who knows all of it
    if (/.[:/]./.test(name) && terms.get(name)?.iri !== null && !isOnlyTyped(definition)) throw new NotReadError(`@context: the term ${name}`)
  }

  for (const [name, value] of Object.entries(local)) {
    if (name === '@vocab') settings.vocab = textOrNull(name, value)
    else if (name === '@base') settings.base = textOrNull(name, value)
    else if (name === '@language') settings.language = textOrNull(name, value)
    else if (name === '@version' && value === 1.1) continue
    else if (name.startsWith('@')) throw new NotReadError(`@context: ${name}`)
    else pending.add(name)
  }
  // a vocabulary may itself be a compact IRI, of what was defined before this context (JSON-LD 1.1 API, section 4.1.2, step 5.8)
  Object.assign(context, settings)
  if (settings.vocab) Object.assign(context, { vocab: settings.vocab.includes('://') ? settings.vocab : expandIri(settings.vocab, active, 'vocab') })
  // what a definition needs is defined with it, and no longer pending
  for (const name of pending) defineTerm(name)
  return context
}

/** `"api:p": {"@type": "xsd:anyURI"}`, as IATA's changes have it: how values are to be taken of what the term is anyway. */
const isOnlyTyped = (definition: unknown): boolean => typeof definition === 'object' && definition !== null && !('@id' in definition) && !('@prefix' in definition)

const textOrNull = (name: string, value: unknown): string | null => {
  if (value === null || typeof value === 'string') return value
  throw invalidBody(`@context: ${name} must be a string or null.`)
}

/** Expands within the context that is being made; `term`: the one it is for, which may be its own relative IRI. */
type Resolve = (value: string, term?: string) => string | null

const target = (name: string, value: string, resolve: Resolve): string => {
  const iri = resolve(value, name)
  if (iri === null) throw invalidBody(`@context: ${name} does not lead to an IRI.`)
  if (iri === '@context') throw invalidBody('@context cannot have another name.')
  return iri
}

const simpleTerm = (name: string, value: string, resolve: Resolve): Term => {
  const iri = target(name, value, resolve)
  return { ...prefix(iri), isPrefix: /[:/?#[\]@]$/.test(iri) }
}

const expandedTerm = (name: string, definition: unknown, resolve: Resolve): Term => {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) throw invalidBody(`@context: ${name} must be a string, an object or null.`)
  const parts = definition as Readonly<Record<string, unknown>>
  const strange = Object.keys(parts).find((key) => !TERM_KEYS.has(key))
  if (strange !== undefined) throw new NotReadError(`@context: ${strange} of ${name}`)
  const { '@id': id, '@type': type, '@language': language, '@container': container } = parts
  const holder: unknown = Array.isArray(container) && container.length === 1 ? container[0] : container
  if (holder !== undefined && holder !== null && holder !== '@set' && holder !== '@list') throw new NotReadError(`@context: this @container of ${name}`)
  if (id !== undefined && id !== null && typeof id !== 'string') throw invalidBody(`@context: @id of ${name} must be a string.`)
  if (type !== undefined && typeof type !== 'string') throw invalidBody(`@context: @type of ${name} must be a string.`)
  const coercion = type === undefined || type === '@none' ? null : resolve(type)
  if (coercion === '@json') throw new NotReadError(`@context: @json of ${name}`)
  return {
    iri: id === null ? null : target(name, id ?? name, resolve),
    isPrefix: parts['@prefix'] === true,
    type: coercion,
    language: language === undefined ? undefined : textOrNull(name, language),
    container: holder === '@set' ? 'set' : holder === '@list' ? 'list' : null,
  }
}

/**
 * Expands a key, type or id (JSON-LD 1.1 API, section 5.2): `vocab` uses terms and `@vocab`, `document` only prefixes and `@base`.
 * Null: it leads nowhere. @throws ApiError 400 for `cargo:` and `api:` without a definition, which would not be what was meant
 */
export const expandIri = (value: string, context: Context, relativeTo: 'vocab' | 'document'): string | null => {
  if (KEYWORDS.has(value)) return value
  if (relativeTo === 'vocab') {
    const term = context.terms.get(value)
    if (term) return term.iri
  }
  const colon = value.indexOf(':')
  if (colon > 0) {
    const scheme = value.slice(0, colon)
    const rest = value.slice(colon + 1)
    if (scheme === '_' || rest.startsWith('//')) return value
    const term = context.terms.get(scheme)
    if (term?.isPrefix && term.iri !== null) return term.iri + rest
    if (scheme === 'cargo' || scheme === 'api') throw invalidBody(`${value}: the @context does not define the prefix ${scheme}.`)
    if (/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) return value
  }
  if (relativeTo === 'vocab') return context.vocab === null ? null : context.vocab + value
  return context.base !== null && URL.canParse(value, context.base) ? new URL(value, context.base).href : null
}
