import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { openBucket } from '../buckets.ts'
import { BUCKET } from '../subjects.ts'
import { keysOf, openMarkers, type Marker } from './markers.ts'

/** Keys of one group on one stream that overflow: how many, and the one that does so for the longest time. */
export type Overflowed = { readonly group: string; readonly stream: string; readonly keys: number; readonly oldest: Marker }

/** All groups that have keys which overflow. */
export const overflowed = async (nc: NatsConnection, replicas = 1): Promise<readonly Overflowed[]> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  await openBucket(nc, BUCKET.overflow, replicas)
  const names = new Set((await keysOf(jsm, '>')).map((key) => key.split('.').slice(0, 2).join('.')))
  const all = await Promise.all([...names].map(async (name) => {
    const [group = '', stream = ''] = name.split('.')
    const markers = [...(await openMarkers(nc, jsm, { group, stream, replicas }).load()).values()].map(({ marker }) => marker)
    const [oldest] = markers.toSorted((a, b) => (a.since < b.since ? -1 : 1))
    return oldest ? [{ group, stream, keys: markers.length, oldest }] : []
  }))
  return all.flat()
}
