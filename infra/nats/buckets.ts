import { StorageType } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BUCKET } from './subjects.ts'

export type BucketName = (typeof BUCKET)[keyof typeof BUCKET]

/** How long a node's or an edge's sign of life counts, milliseconds: its entry in the bucket goes after that. */
export const LIFE_SIGN_MS = 5_000

/** How long whoever leads something may be silent until another does, milliseconds: long enough for a machine that is busy. */
export const LEASE_MS = 10_000

/** The marker lets a watcher hear that a sign of life ran out. */
const SIGNS_OF_LIFE = { ttl: LIFE_SIGN_MS, markerTTL: LIFE_SIGN_MS }
const KINDS: Readonly<Record<BucketName, { readonly ttl?: number; readonly markerTTL?: number; readonly storage?: StorageType }>> = {
  nodes: SIGNS_OF_LIFE, edges: SIGNS_OF_LIFE, routes: {}, leases: { ttl: LEASE_MS, storage: StorageType.File }, // a broker that forgot them would let two lead
  slots: { storage: StorageType.File }, // which generation is offered
  functions: { storage: StorageType.File }, // the only copy of what was deployed
  overflow: { storage: StorageType.File, markerTTL: 60_000 }, // what a group acked before it was handled
  deliveries: { storage: StorageType.File }, // since when an endpoint fails outlives a broker
}

/** A bucket, in memory unless it is the only copy, that keeps the newest value of a key; made if it is not there. Reads come from the leader. */
export const openBucket = (connection: NatsConnection, name: BucketName, replicas = 1): Promise<KV> =>
  new Kvm(connection).create(name, { history: 1, storage: StorageType.Memory, replicas, allow_direct: false, ...KINDS[name] })
