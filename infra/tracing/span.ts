import { currentTrace, inTrace } from './current.ts'
import { newTraceparent, parseTraceparent } from './trace-context.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>
export type SpanOptions = {
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  /** Traceparent of what it is a part of; by default of what goes on now. null: it begins a trace. */
  readonly parent?: string | null | undefined
  /** Traceparents of what it comes from without being a part of it. */
  readonly links?: readonly string[]
  readonly attributes?: Attributes
  /** Of the whole story; by default that of what goes on now. */
  readonly correlationId?: string | undefined
  /** Id of the event or request it is done for; by default that of what goes on now. */
  readonly cause?: string | undefined
}

/** A piece of work with a beginning and an end. */
export type Span = {
  /** What is passed on, so that what follows is a part of it. */
  readonly traceparent: string
  rename(name: string): void
  set(attributes: Attributes): void
  /** `reason`: short, without any data. */
  fail(reason: string): void
  end(): void
}

/** Where spans go: nowhere, unless a process exports them (open.ts). */
export type Spans = {
  /** Of a trace that begins here or comes from outside: whether it is recorded. */
  readonly sample: () => boolean
  readonly begin: (name: string, options: SpanOptions & { readonly parent: string | null }) => Span
  /** Sends what there is, then no more. */
  readonly end: () => Promise<void>
}

/** Nothing is recorded; a trace goes through as it came, so that those on both sides of us can be joined. */
const silent: Spans = {
  sample: () => false,
  begin: (_, { parent }) => ({ traceparent: parent !== null && parseTraceparent(parent) ? parent : newTraceparent(false), rename: () => {}, set: () => {}, fail: () => {}, end: () => {} }),
  end: async () => {},
}

let spans = silent

/** For the rest of the process. */
export const sendSpansTo = (to: Spans): void => void (spans = to)

/** Sends the last spans; for the end of a process. */
export const endTracing = (): Promise<void> => spans.end()

export const isSampled = (): boolean => spans.sample()

export const beginSpan = (name: string, options: SpanOptions): Span => {
  const { parent = currentTrace()?.traceparent ?? null } = options
  return spans.begin(name, { ...options, parent })
}

/** Does `work` as a span: what it does, logs and appends belongs to it. A rejection is its failure. */
export const span = async <T>(name: string, options: SpanOptions, work: (own: Span) => Promise<T>): Promise<T> => {
  const own = beginSpan(name, options)
  const { correlationId = currentTrace()?.correlationId, cause = currentTrace()?.cause } = options
  try {
    return await inTrace({ traceparent: own.traceparent, correlationId, cause }, () => work(own))
  } catch (error) {
    own.fail(error instanceof Error && 'code' in error ? String(error.code) : 'an error')
    throw error
  } finally {
    own.end()
  }
}
