import { Kvm } from '@nats-io/kv'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { describe, expect, test, vi } from 'vitest'
import { readRunFiles } from '../../local/run-files.ts'
import { BUCKET } from '../../nats/subjects.ts'
import { HEADER } from '../../nats/wire.ts'
import type { Scene } from './scene.ts'

const METADATA = JSON.stringify({ correlationId: 'x', actor: 'operator' })
const EVENT = { [HEADER.id]: 'x', [HEADER.type]: 'DeploymentRequested', [HEADER.version]: '1', [HEADER.metadata]: METADATA, [HEADER.revision]: '0' }
const NAMED = (name: string) => `{"deploymentId":"corrupt","name":"${name}","at":"2026-01-01T00:00:00.000Z","owner":"x","plan":"small","settings":{"pauseAfterSeconds":60,"hibernateAfterSeconds":900,"maxBodyBytes":1048576}}`
const BYTES = Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 128) % 256)

/**
 * Subject, headers and body of what somebody with the broker's password might leave on each stream. No types or versions to come: read
 * models wait in front of those for the release that knows them, and say so.
 */
const MESSAGES: readonly (readonly [what: string, subject: string, fields: Readonly<Record<string, string>>, body: string | Uint8Array])[] = [
  ['bytes', 'events.deployment.bytes', EVENT, BYTES], ['bytes without headers', 'events.instance.bytes', {}, BYTES], ['a category to come', 'events.unheard.of', EVENT, '{}'], ['a subject of one word', 'events.x', EVENT, '{}'],
  ['a subject of many words', 'events.deployment.a.b.c', EVENT, NAMED('a')], ['NUL in a text', 'events.deployment.nul', EVENT, NAMED('a\\u0000')], ['half a character', 'events.deployment.half', EVENT, NAMED('\\ud83d')],
  ['NUL in an id', 'events.deployment.nulid', { ...EVENT, [HEADER.id]: 'a\0b' }, NAMED('b')], ['NUL in a subject', 'events.deployment.n\0l', EVENT, NAMED('c')], ['NUL in what led to it', 'events.deployment.nulmeta', { ...EVENT, [HEADER.metadata]: '{"correlationId":"\\u0000","actor":"x"}' }, NAMED('d')],
  ['a revision that is none', 'events.deployment.revision', { ...EVENT, [HEADER.revision]: '-7' }, NAMED('e')], ['a revision beyond all', 'events.deployment.beyond', { ...EVENT, [HEADER.revision]: '999999999999999' }, NAMED('f')],
  ['what is huge', 'events.deployment.huge', EVENT, NAMED('x'.repeat(900_000))],
  ['a huge header', 'events.deployment.header', { ...EVENT, [HEADER.metadata]: JSON.stringify({ correlationId: 'x'.repeat(50_000), actor: 'x' }) }, NAMED('i')], ['a letter that is none', 'events.parked.none', { ...EVENT, [HEADER.type]: 'EventParked' }, '{}'], ['a subscription that is none', 'events.subscription.none', { ...EVENT, [HEADER.type]: 'SubscriptionCreated' }, '{"url":7}'],
  ['a hit of nobody', 'hits.corrupt', {}, BYTES], ['a hit with NUL', 'hits.nul', { ...EVENT, [HEADER.type]: 'ProxyHit' }, '{"deploymentId":"\\u0000","claimId":null,"since":"2026-01-01T00:00:00.000Z"}'],
  ['a timer that is none', 'timers.due.idle.corrupt', { ...EVENT, [HEADER.type]: 'IdleCheckDue' }, '[]'], ['a timer nobody knows', 'timers.due.unheard.corrupt', {}, BYTES], ['a sweep that is none', 'timers.due.heal.corrupt', { ...EVENT, [HEADER.type]: 'HealDue' }, '{"cursor":7}'],
  ['a letter without a head', 'parked.provision.deployment.x.corrupt', {}, BYTES], ['a call that is none', 'async.call.openfaas-fn.deployments', {}, BYTES], ['a result that is none', 'async.result.openfaas-fn.deployments', {}, BYTES], ['a call of nobody', 'async.call.x', {}, ''],
]

/** What no part wrote, in the buckets that all of them follow. */
const ENTRIES: readonly (readonly [bucket: string, key: string, value: string | Uint8Array])[] = [
  ...[BYTES, '', 'null', '[]', '{"deploymentId":7}', '{"__proto__":{"polluted":true}}'].flatMap((value, index) => [[BUCKET.routes, `corrupt-${index}`, value], [BUCKET.edges, `corrupt-${index}`, value], [BUCKET.nodes, `corrupt-${index}`, value]] as const),
  ...[BYTES, '{"spec":7}'].flatMap((value, index) => [[BUCKET.functions, `function.corrupt-${index}`, value], [BUCKET.functions, `corrupt-${index}`, value], [BUCKET.deliveries, `corrupt-${index}`, value], [BUCKET.overflow, `provision.EVENTS.corrupt-${index}`, value], [BUCKET.overflow, `corrupt-${index}`, value]] as const),
]

/** Changes what everybody reads. */
export const corruptMessages = ({ api, atEdge, bearer, dataDir, ids, nats, putToSleep, until, visit }: Scene): void => {
  describe('what is corrupt, on every stream and in every bucket,', () => {
    test('ends no part, and stops nobody', async () => {
      const parts = () => Object.fromEntries(readRunFiles(dataDir()).map(({ part, pid }) => [part, pid]))
      const before = parts()
      for (const [what, subject, fields, body] of MESSAGES) {
        const headers = natsHeaders()
        for (const [name, value] of Object.entries(fields)) headers.append(name, name === HEADER.id && value === 'x' ? `corrupt ${what}` : value)
        await nats().request(subject, body, { headers, timeout: 5_000 })
      }
      for (const [bucket, key, value] of ENTRIES) await (await new Kvm(nats()).open(bucket)).put(key, value)
      // over what stands, too: whoever writes next replaces it
      for (const name of ['paused', 'demo']) await (await new Kvm(nats()).open(BUCKET.routes)).put(ids[name] ?? '', BYTES)

      ids['unharmed'] = (await api().call<{ id: string }>('POST', '/', { name: 'unharmed', settings: { open: true } })).id
      await until('unharmed', 'running')
      expect((await visit('unharmed', '/')).status).toBe(200)
      await putToSleep('unharmed', 'pause', 'paused')
      expect((await visit('unharmed', '/')).status).toBe(200)
      await until('unharmed', 'running')
      // the read models went on behind all of it
      const listed = async () => (await atEdge('/api/deployments?search=unharmed', { headers: bearer() })).json as { items: readonly { status: string }[] }
      await vi.waitFor(async () => expect((await listed()).items).toMatchObject([{ status: 'running' }]), { timeout: 60_000, interval: 100 })
      await vi.waitFor(async () => expect((await api().call<{ items: readonly { type: string }[] }>('GET', `/${ids['unharmed']}/history`)).items.map(({ type }) => type)).toContain('InstanceResumed'), { timeout: 60_000, interval: 100 })
      // what stood in the way of a route is gone with its next change
      for (const name of ['paused', 'demo']) {
        await api().call('POST', `/${ids[name]}/restart`)
        await until(name, 'running')
        expect((await visit(name, '/')).status).toBe(200)
      }
      expect(parts()).toEqual(before)
    })

    test('is told: what a group or a read model passed over lies among the dead letters', async () => {
      const subjects = async () => {
        const found: string[] = []
        for (let next: string | null = ''; next !== null; ) {
          const page = (await atEdge(`/api/parked?limit=200${next && `&cursor=${encodeURIComponent(next)}`}`, { headers: bearer() })).json as { items: readonly { subject: string; reason: string }[]; next: string | null }
          found.push(...page.items.map(({ subject }) => subject))
          next = page.next
        }
        return found
      }
      const wanted = ['bytes', 'nul', 'half', 'nulid', 'nulmeta', 'revision'].map((id) => `events.deployment.${id}`)
      await vi.waitFor(async () => expect(await subjects()).toEqual(expect.arrayContaining([...wanted, 'events.deployment.n l'])), { timeout: 60_000, interval: 200 })
    })
  })
}
