import { METRICS_SUBJECT } from '../metrics/port.ts'
import { inboxOf, type BrokerPart } from './parts.ts'
import { BUCKET, STREAM, subject } from './subjects.ts'

/** What one user of the broker may publish and subscribe to; subjects of NATS, `*` and `>` allowed. */
export type Permissions = { readonly publish: readonly string[]; readonly subscribe: readonly string[] }

const api = (verb: string, ...of: readonly string[]): string => ['$JS.API', verb, ...of].join('.')
const bucketStream = (bucket: string): string => `KV_${bucket}`
const ALL_STREAMS: readonly string[] = [...Object.values(STREAM), ...Object.values(BUCKET).map(bucketStream)]

/**
 * Every part makes what it needs and does not find. A stream that is there is not changed by that: to change, purge or delete one
 * are other verbs.
 */
const ensures: readonly string[] = [api('INFO'), ...ALL_STREAMS.flatMap((stream) => [api('STREAM.INFO', stream), api('STREAM.CREATE', stream)])]

/** Single messages, by sequence or the newest of a subject, and batches of them. */
const reads = (stream: string): readonly string[] => [api('STREAM.MSG.GET', stream), api('DIRECT.GET', stream), api('DIRECT.GET', stream, '>')]

/**
 * All of a stream from one place on, by a consumer without a name that the broker forgets by itself: whoever may make such a one can
 * neither change nor delete a durable one.
 */
const follows = (stream: string): readonly string[] => [api('CONSUMER.CREATE', stream), api('CONSUMER.INFO', stream, '*'), api('CONSUMER.MSG.NEXT', stream, '*')]

/** Who reads so often, a piece each time, takes the consumers away that it made; it could take away others'. */
const tidies = (stream: string): string => api('CONSUMER.DELETE', stream, '*')

/** Durable groups of readers, by whatever name. */
const consumes = (stream: string): readonly string[] => [
  ...follows(stream), api('CONSUMER.CREATE', stream, '>'), api('CONSUMER.DURABLE.CREATE', stream, '*'), api('CONSUMER.DELETE', stream, '*'), api('CONSUMER.UNPIN', stream, '*'), `$JS.ACK.${stream}.>`,
]

/** A bucket's values, now and as they change. */
const watches = (bucket: string): readonly string[] => {
  const stream = bucketStream(bucket)
  return [...reads(stream), api('CONSUMER.CREATE', stream, '>'), api('CONSUMER.INFO', stream, '*'), api('CONSUMER.DELETE', stream, '*'), `$JS.FC.${stream}.>`]
}
const writes = (bucket: string): string => `$KV.${bucket}.>`

/** What overflows of a group is kept in a bucket; a group that is forgotten leaves nothing there. */
const overflows: readonly string[] = [...watches(BUCKET.overflow), writes(BUCKET.overflow), api('STREAM.PURGE', bucketStream(BUCKET.overflow))]
/** Messages are given up: the letter, and its history. */
const parks: readonly string[] = ['parked.>', subject.event('parked', '*')]
/** Schedules: set and withdrawn. */
const schedules: readonly string[] = [...reads(STREAM.timers), subject.timerSchedule('>'), api('STREAM.PURGE', STREAM.timers)]
const asksEdges: readonly string[] = [...watches(BUCKET.edges), subject.edge('*', '*'), subject.edgesAwake]
const mints: readonly string[] = [subject.mint, subject.identity, subject.secret]
const stores: readonly string[] = [subject.fence, subject.erase, subject.redact, subject.sweep]

const GRANTS: Readonly<Record<BrokerPart, Permissions>> = {
  gateway: {
    // what is deployed, calls that nobody waits for, and the figures of all parts and of the broker
    publish: [
      ...watches(BUCKET.functions), writes(BUCKET.functions), subject.functionsChanged, 'async.>', 'async-parked.>', ...consumes(STREAM.async),
      METRICS_SUBJECT, api('STREAM.LIST'), api('STREAM.NAMES'), ...ALL_STREAMS.flatMap((stream) => [api('CONSUMER.LIST', stream), api('STREAM.MSG.GET', stream)]),
    ],
    subscribe: [METRICS_SUBJECT],
  },
  functions: {
    // the platform's own: they decide
    publish: [
      'events.>', 'hits.>', ...reads(STREAM.events), ...follows(STREAM.events), tidies(STREAM.events), ...reads(STREAM.hits), ...reads(STREAM.parked), ...schedules,
      ...watches(BUCKET.nodes), ...asksEdges, ...watches(BUCKET.routes), writes(BUCKET.routes), ...watches(BUCKET.deliveries), writes(BUCKET.deliveries),
      subject.agent('*', '*'), ...mints, ...stores,
    ],
    subscribe: [METRICS_SUBJECT],
  },
  dispatcher: {
    // reads for every group, and keeps what it may not lose
    publish: [
      ...[STREAM.events, STREAM.hits, STREAM.timers, STREAM.advisories].flatMap((stream) => [...consumes(stream), ...reads(stream), api('CONSUMER.LIST', stream)]),
      ...reads(STREAM.parked), ...overflows, ...parks, ...watches(BUCKET.deliveries), writes(BUCKET.deliveries),
    ],
    subscribe: [METRICS_SUBJECT, subject.functionsChanged],
  },
  projector: { publish: [...reads(STREAM.events), ...follows(STREAM.events), tidies(STREAM.events), ...parks], subscribe: [METRICS_SUBJECT] },
  credentials: { publish: [], subscribe: [METRICS_SUBJECT, ...mints, ...stores] },
  agent: {
    // tells of its node and of its slots, nothing else
    publish: [
      subject.event('node', '*'), subject.event('drain', '*'), subject.event('instance', '*'), subject.event('erasure', '*'), ...reads(STREAM.events), ...follows(STREAM.events),
      'hits.>', ...schedules, ...watches(BUCKET.nodes), writes(BUCKET.nodes), ...watches(BUCKET.routes), writes(BUCKET.routes), ...watches(BUCKET.slots), ...mints,
    ],
    subscribe: [METRICS_SUBJECT, subject.agent('*', '*')],
  },
  edge: {
    // knows who may be reached where, and says who is waited for. It appends nothing, and what meets the world takes no reader away:
    // the broker forgets its consumers by itself
    publish: [
      'hits.>', ...reads(STREAM.hits), ...reads(STREAM.events), ...follows(STREAM.events), ...watches(BUCKET.routes), writes(BUCKET.routes),
      ...watches(BUCKET.edges), writes(BUCKET.edges),
    ],
    subscribe: [METRICS_SUBJECT, subject.edge('*', '*'), subject.edgesAwake],
  },
  'slot-keeper': {
    // hears of nodes, says which generation is offered, and has spares retired
    publish: [
      ...watches(BUCKET.nodes), ...watches(BUCKET.slots), writes(BUCKET.slots), ...reads(bucketStream(BUCKET.leases)), writes(BUCKET.leases), subject.agent('*', 'retire'),
    ],
    subscribe: [METRICS_SUBJECT],
  },
}

/** The least a part needs. Answers go to whoever asked; its own replies come to an inbox that is its alone. */
export const permissionsOf = (part: BrokerPart): Permissions => ({
  publish: [...ensures, ...GRANTS[part].publish],
  subscribe: [...GRANTS[part].subscribe, `${inboxOf(part)}.>`],
})
