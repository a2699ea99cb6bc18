import { createHash } from 'node:crypto'
import type { StreamName } from '../../../events/envelope.ts'

/** `deployment.abc` is the stream `deployment-abc` there: EventStoreDB's own convention, which its category projection (`$ce-`) relies on. */
export const toTheirStream = (stream: StreamName): string => stream.replace('.', '-')

/** The inverse; ids hold hyphens, categories do not. */
export const fromTheirStream = (theirs: string): StreamName => theirs.replace('-', '.') as StreamName

/** Event ids there are UUIDs, ours are any text: a UUID (version 8, RFC 9562) derived from ours, so that a retry has the same. */
export const uuidOf = (id: string): string => {
  const hex = createHash('sha256').update(id).digest('hex')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3] ?? '8'
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The streams that NATS subjects such as `events.deployment.*` or `events.>` name, as EventStoreDB filters them: one regular expression. */
export const streamFilter = (subjects: readonly string[]): string =>
  `^(${subjects.map((subject) => pattern(subject.split('.').slice(1))).join('|')})$`

const pattern = ([category = '>', id = '>']: readonly string[]): string =>
  category === '>' ? '[a-z]+-.+' : `${category === '*' ? '[a-z]+' : category}-${id === '*' || id === '>' ? '.+' : id}`
