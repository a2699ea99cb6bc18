import { STREAM } from '../nats/subjects.ts'

/** A stream that functions can subscribe to, by the first token of a topic. */
const STREAM_OF_PREFIX = { events: STREAM.events, hits: STREAM.hits, timers: STREAM.timers } as const
export type SubscribableStream = (typeof STREAM_OF_PREFIX)[keyof typeof STREAM_OF_PREFIX]
export type Topics = {
  /** Filter subjects for a consumer of each stream; none is covered by another (JetStream refuses that, error 10138). */
  readonly subjects: ReadonlyMap<SubscribableStream, readonly string[]>
  /** Why a topic was left out, in words for the log. */
  readonly problems: readonly string[]
}

/**
 * The annotation `topic`: NATS subjects separated by commas, blanks around them ignored, wildcards `*` (one token) and `>`
 * (one or more, at the end). The first token selects the stream: `events.deployment.*` is heard on EVENTS.
 */
export const parseTopics = (annotation: string): Topics => {
  const subjects = new Map<SubscribableStream, string[]>()
  const problems: string[] = []
  for (const topic of annotation.split(',').map((part) => part.trim()).filter(Boolean)) {
    const fault = faultOf(topic)
    const stream = streamOf(topic)
    if (fault) problems.push(`topic "${topic}" ${fault}`)
    else if (!stream) problems.push(`topic "${topic}" is in no stream; topics begin with ${Object.keys(STREAM_OF_PREFIX).join('., ')}.`)
    else subjects.set(stream, [...(subjects.get(stream) ?? []), topic])
  }
  return { subjects: new Map([...subjects].map(([stream, all]) => [stream, withoutCovered(all)])), problems }
}

/** True when every subject that `narrow` matches is also matched by `wide`; both may hold wildcards. */
export const covers = (wide: string, narrow: string): boolean => {
  const [outer, inner] = [wide.split('.'), narrow.split('.')]
  for (const [index, token] of outer.entries()) {
    const other = inner[index]
    if (other === undefined) return false
    if (token === '>') return true
    if (other === '>' || (token !== '*' && token !== other)) return false
  }
  return inner.length === outer.length
}

const withoutCovered = (topics: readonly string[]): readonly string[] => {
  const unique = [...new Set(topics)]
  return unique.filter((topic) => !unique.some((other) => other !== topic && covers(other, topic)))
}

const streamOf = (topic: string): SubscribableStream | undefined => {
  const prefix = topic.slice(0, topic.indexOf('.'))
  return Object.hasOwn(STREAM_OF_PREFIX, prefix) ? STREAM_OF_PREFIX[prefix as keyof typeof STREAM_OF_PREFIX] : undefined
}

const faultOf = (topic: string): string | null => {
  const tokens = topic.split('.')
  if (tokens.some((token) => token === '' || /\s/.test(token))) return 'has an empty token or a blank in it'
  if (tokens.slice(0, -1).includes('>')) return 'has ">" before its end'
  // in NATS a wildcard that is only part of a token is a plain character; nobody means that
  return tokens.some((token) => token.length > 1 && /[*>]/.test(token)) ? 'has a wildcard that is not a whole token' : null
}
