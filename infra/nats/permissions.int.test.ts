import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, PermissionViolationError, type NatsConnection } from '@nats-io/transport-node'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSecrets } from '../local/secrets.ts'
import { startNats, type NatsServer } from '../testing/servers.ts'
import { connectNats } from './connect.ts'
import { BROKER_PARTS, inboxOf, type BrokerPart } from './parts.ts'
import { ensureStreams } from './streams.ts'
import { authorization, brokerUsers } from './users.ts'

let nats: NatsServer
let secrets: string
const open: NatsConnection[] = []
const refusals = new Map<NatsConnection, string[]>()
const as = async (name: BrokerPart | 'operator'): Promise<NatsConnection> => {
  const connection = await connectNats({ NATS_URL: nats.url, SECRETS_DIR: secrets }, name)
  open.push(connection)
  const told: string[] = []
  refusals.set(connection, told)
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error' && status.error instanceof PermissionViolationError) told.push(`${status.error.operation} ${status.error.subject}`)
  })()
  return connection
}

beforeAll(async () => {
  secrets = join(mkdtempSync(join(tmpdir(), 'orp-permissions-')), 'secrets')
  makeSecrets({ SECRETS_DIR: secrets })
  nats = await startNats({ extra: authorization(brokerUsers({ SECRETS_DIR: secrets })) })
  await ensureStreams(await as('operator'))
})
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()))
  await nats.stop()
  rmSync(join(secrets, '..'), { recursive: true, force: true })
})

/** What the broker refused of what a connection sends here: it says so before it answers the next ping. */
const violationOf = async (connection: NatsConnection, action: () => void): Promise<string | null> => {
  const told = refusals.get(connection) ?? []
  told.length = 0
  action()
  await connection.flush()
  await setImmediate() // whoever reads the status has read it
  return told[0] ?? null
}

describe('users of the broker', () => {
  it('come in with the password of their part alone', async () => {
    const refused = (options: Parameters<typeof connect>[0]) => expect(connect({ servers: nats.url, reconnect: false, ...options })).rejects.toThrow(/authorization violation/i)
    await refused({})
    await refused({ user: 'edge' })
    await refused({ user: 'edge', pass: brokerUsers({ SECRETS_DIR: secrets }).passwords.agent })
    await refused({ user: 'functions-of-others', pass: 'anything' })
  })

  it.each(BROKER_PARTS)('%s makes what it needs and does not find, and hears its own replies alone', async (part) => {
    const connection = await as(part)
    await ensureStreams(connection)
    expect(await violationOf(connection, () => void connection.subscribe(`${inboxOf('operator')}.>`))).toMatch(/^subscription /)
    expect(await violationOf(connection, () => void connection.subscribe('>'))).toBe('subscription >')
  })

  it.each(BROKER_PARTS)('%s deletes no stream, changes none and empties none of events', async (part) => {
    const connection = await as(part)
    for (const subject of ['$JS.API.STREAM.DELETE.EVENTS', '$JS.API.STREAM.UPDATE.EVENTS', '$JS.API.STREAM.PURGE.EVENTS', '$JS.API.STREAM.MSG.DELETE.EVENTS', '$JS.API.STREAM.DELETE.KV_functions', '$JS.API.STREAM.RESTORE.EVENTS', '$JS.API.STREAM.SNAPSHOT.EVENTS']) {
      expect(await violationOf(connection, () => connection.publish(subject))).toBe(`publish ${subject}`)
    }
  })

  const forbidden: readonly (readonly [BrokerPart, string])[] = [
    ['edge', 'events.deployment.d1'], ['edge', 'agent.node-1.claim'], ['edge', 'credentials.mint'], ['edge', '$KV.functions.x'], ['edge', '$KV.nodes.node-1'], ['edge', 'parked.a.b.c.d'],
    ['agent', 'events.deployment.d1'], ['agent', '$KV.functions.x'], ['agent', 'agent.node-2.release'], ['agent', 'credentials.erase'], ['agent', 'edge.edge-1.quiesce'],
    ['projector', 'events.deployment.d1'], ['projector', 'hits.d1'], ['projector', '$KV.routes.d1'],
    ['credentials', 'events.deployment.d1'], ['credentials', 'hits.d1'], ['credentials', '$KV.routes.d1'],
    ['dispatcher', 'events.deployment.d1'], ['dispatcher', 'credentials.mint'], ['dispatcher', 'agent.node-1.claim'], ['dispatcher', '$KV.functions.x'],
    ['gateway', 'events.deployment.d1'], ['gateway', 'agent.node-1.claim'], ['gateway', 'credentials.mint'], ['gateway', '$KV.routes.d1'],
    ['functions', '$KV.functions.x'], ['functions', 'async.call.a.b'], ['slot-keeper', 'events.deployment.d1'], ['slot-keeper', 'credentials.mint'],
  ]
  it.each(forbidden)('%s may not publish %s', async (part, subject) => {
    const connection = await as(part)
    expect(await violationOf(connection, () => connection.publish(subject))).toBe(`publish ${subject}`)
  })

  const deaf: readonly (readonly [BrokerPart, string])[] = [
    ['edge', 'credentials.mint'], ['edge', 'agent.*.*'], ['edge', 'events.>'], ['agent', 'credentials.*'], ['functions', 'credentials.mint'], ['gateway', 'agent.>'], ['dispatcher', 'async.>'], ['projector', 'edge.*.*'],
  ]
  it.each(deaf)('%s may not listen to %s', async (part, subject) => {
    const connection = await as(part)
    expect(await violationOf(connection, () => void connection.subscribe(subject))).toBe(`subscription ${subject}`)
  })

  it('an edge follows events, and cannot touch the group that another reads with', async () => {
    const manager = await jetstreamManager(await as('operator'))
    await manager.consumers.add('EVENTS', { durable_name: 'provision', ack_policy: AckPolicy.Explicit, filter_subjects: ['events.deployment.*', 'events.name.*'] })
    await jetstream(await as('operator')).publish('events.deployment.d1', 'made')
    const edge = await as('edge')
    const followed = await (await jetstream(edge).consumers.get('EVENTS', { filter_subjects: ['events.deployment.*', 'events.name.*'] })).next({ expires: 5_000 })
    expect(followed?.string()).toBe('made')
    const forged = { stream_name: 'EVENTS', config: { name: 'provision', filter_subjects: ['events.other.*'], ack_policy: 'none' } }
    const answer = await edge.request('$JS.API.CONSUMER.CREATE.EVENTS', JSON.stringify(forged))
    expect(answer.json()).toMatchObject({ error: { err_code: expect.any(Number) as number } })
    for (const verb of ['DELETE.EVENTS.provision', 'DURABLE.CREATE.EVENTS.provision', 'CREATE.EVENTS.provision']) {
      expect(await violationOf(edge, () => edge.publish(`$JS.API.CONSUMER.${verb}`))).toBe(`publish $JS.API.CONSUMER.${verb}`)
    }
    expect((await manager.consumers.info('EVENTS', 'provision')).config.filter_subjects).toEqual(['events.deployment.*', 'events.name.*'])
  })
})
