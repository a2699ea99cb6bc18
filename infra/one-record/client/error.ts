import * as z from 'zod/mini'

/** One api:ErrorDetail: what is wrong, and the IRIs of the property and the resource that it is wrong with. */
export type ErrorDetail = { readonly code: string | null; readonly message: string | null; readonly property: string | null; readonly resource: string | null }

/** A ONE Record server said no, with an api:Error (API 2.3.0, Error Handling), or a token endpoint did (RFC 6749, section 5.2). */
export class OneRecordError extends Error {
  override readonly name = 'OneRecordError'
  readonly status: number
  /** Of the standard: `Resource not found`; null where the answer is no api:Error. */
  readonly title: string | null
  readonly details: readonly ErrorDetail[]
  /** Of the answer, names in lower case. */
  readonly headers: Readonly<Record<string, string>>

  constructor(about: string, { status, headers, title, details, text }: Refusal) {
    super(`${about}: ${status} ${[title, ...details.map(({ message }) => message)].filter((part) => part !== null).join(': ') || text}`)
    this.status = status
    this.title = title
    this.details = details
    this.headers = headers
  }
  /** Of the first detail, as the following. */
  get code(): string | null {
    return this.details[0]?.code ?? null
  }
  get property(): string | null {
    return this.details[0]?.property ?? null
  }
  get resource(): string | null {
    return this.details[0]?.resource ?? null
  }
}

type Refusal = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly title: string | null; readonly details: readonly ErrorDetail[]; /** When nothing else is said. */ readonly text: string }

const LONGEST = 500
const record = z.record(z.string(), z.unknown())

/** Reads an answer that is no success. Other servers have other prefixes, or write it expanded: names count without what is before them. */
export const refusalOf = (about: string, { status, headers, body }: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }): OneRecordError => {
  const text = new TextDecoder().decode(body)
  const error = nodesOf(parsed(text))[0] ?? {}
  const details = nodesOf(error['hasErrorDetail']).map((detail) => ({
    code: textOf(detail['hasCode']), message: textOf(detail['hasMessage']), property: textOf(detail['hasProperty']), resource: textOf(detail['hasResource']),
  }))
  const title = textOf(error['hasTitle'])
  const oauth = textOf(error['error'])
  if (oauth !== null && title === null) details.push({ code: oauth, message: textOf(error['error_description']), property: null, resource: null })
  return new OneRecordError(about, { status, headers, title, details, text: text.slice(0, LONGEST) })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const listOf = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value])

/** Nodes with the last parts of their properties' names. */
const nodesOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  listOf(value).flatMap((node) => {
    const read = record.safeParse(node)
    return read.success ? [Object.fromEntries(Object.entries(read.data).map(([name, inner]) => [name.replace(/^.*[#:/]/, ''), inner]))] : []
  })

/** A literal, a typed one, or a link. */
const textOf = (value: unknown): string | null => {
  const [first] = listOf(value)
  if (typeof first === 'string' || typeof first === 'number') return String(first)
  const read = record.safeParse(first)
  const inner = read.success ? (read.data['@value'] ?? read.data['@id']) : undefined
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : null
}
