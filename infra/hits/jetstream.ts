import { JetStreamApiCodes, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { currentVersion, parseEvent, readEvent } from '../../events/catalogue.ts'
import { randomId } from '../ids.ts'
import { fromStored } from '../nats/direct.ts'
import { askAgain } from '../nats/lost-answers.ts'
import { isApiError } from '../nats/streams.ts'
import { STREAM, subject } from '../nats/subjects.ts'
import { unavailable } from '../nats/unavailable.ts'
import { currentTrace } from '../tracing/current.ts'
import { beginSpan } from '../tracing/span.ts'
import { decodeMessage, wireBody, wireHeaders } from '../nats/wire.ts'
import type { Hit, Hits } from './port.ts'

/** Hits in the memory stream HITS, subject `hits.<deploymentId>`: one message each, the newest. No message id: each counts. */
export const natsHits = async (nc: NatsConnection): Promise<Hits> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const ask = askAgain(nc)
  return {
    publish: async (hit) => {
      const { type, data } = parseEvent<{ type: 'ProxyHit'; data: Hit }>('ProxyHit', hit)
      const id = randomId()
      const { correlationId = id, cause } = currentTrace() ?? {}
      const span = beginSpan('publish hits', {
        kind: 'producer', attributes: { 'messaging.system': 'nats', 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish', 'messaging.destination.name': STREAM.hits, 'messaging.message.id': id },
      })
      const outgoing = { id, type, data, version: currentVersion(type), metadata: { correlationId, ...(cause === undefined ? {} : { causationId: cause }), actor: 'edge', traceparent: span.traceparent } }
      const fields = headers()
      for (const [name, value] of wireHeaders(outgoing)) fields.append(name, value)
      nc.publish(subject.hit(hit.deploymentId), wireBody(outgoing), { headers: fields })
      span.end()
    },
    latest: async (deploymentId) => {
      try {
        const stored = await ask(() => jsm.streams.getMessage(STREAM.hits, { last_by_subj: subject.hit(deploymentId) }))
        if (!stored) return null
        const { type, version, data } = decodeMessage(fromStored(stored))
        return readEvent<{ type: 'ProxyHit'; data: Hit }>(type, version, data).data
      } catch (error) {
        // the stream goes with the broker and is not yet made again
        if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return null
        throw unavailable(error)
      }
    },
  }
}
