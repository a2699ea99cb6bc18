import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFailure } from '../../events/errors.ts'
import { randomId } from '../ids.ts'
import { connectNats } from '../nats/connect.ts'
import { consumerGroup } from '../nats/group.ts'
import { keepStreams } from '../nats/streams.ts'
import { STREAM } from '../nats/subjects.ts'
import { decodeMessage } from '../nats/wire.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { natsHits } from './jetstream.ts'
import type { Hit, Hits } from './port.ts'

process.env['LOG_LEVEL'] = 'silent'

let server: NatsServer
let nc: NatsConnection
let hits: Hits
beforeAll(async () => {
  server = await startNats()
  nc = await connectNats({ NATS_URL: server.url, SECRETS_DIR: server.folder }, 'hits')
  await keepStreams(nc)
  hits = await natsHits(nc)
})
afterAll(async () => {
  await nc.close()
  await server.stop()
})

const hit = (deploymentId: string, claimId: string | null = null): Hit => ({ deploymentId, claimId, since: new Date().toISOString() })
const latest = async (deploymentId: string, wanted: Hit): Promise<void> => {
  for (const end = Date.now() + 5_000; (await hits.latest(deploymentId))?.claimId !== wanted.claimId; await sleep(5)) if (Date.now() > end) throw new Error('it never came')
}

test('a thousand hits of one deployment are one message, the newest', async () => {
  const id = randomId()
  for (let n = 0; n < 1_000; n++) await hits.publish(hit(id, `claim-${n}`))
  await latest(id, hit(id, 'claim-999'))
  const { state } = await (await jetstreamManager(nc)).streams.info(STREAM.hits, { subjects_filter: `hits.${id}` })
  expect(state.subjects).toEqual({ [`hits.${id}`]: 1 })
})

test('reach a group as ProxyHit, at once', async () => {
  const id = randomId()
  const seen: unknown[] = []
  const subscription = await consumerGroup(nc, { stream: STREAM.hits, group: 'cold-start', subjects: [`hits.${id}`] }, async (message) => {
    seen.push(decodeMessage(message))
    return { verdict: 'ack' }
  })
  const sent = hit(id)
  const start = performance.now()
  await hits.publish(sent)
  while (seen.length === 0 && performance.now() - start < 5_000) await sleep(1)
  expect(performance.now() - start).toBeLessThan(200)
  expect(seen).toMatchObject([{ type: 'ProxyHit', subject: `hits.${id}`, revision: null, data: sent, metadata: { actor: 'edge' } }])
  await subscription.close()
})

test('nothing is null, also after the broker lost them; what is no hit is refused', async () => {
  const id = randomId()
  expect(await hits.latest(id)).toBeNull()
  await hits.publish(hit(id))
  await latest(id, hit(id))
  await server.restart()
  expect(await hits.latest(id)).toBeNull()
  await hits.publish(hit(id, 'again'))
  await expect(hits.publish({ deploymentId: id } as Hit)).rejects.toSatisfy((error) => isFailure(error, 'MALFORMED_EVENT'))
}, 15_000)
