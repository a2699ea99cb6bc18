import { jetstreamManager } from '@nats-io/jetstream'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { describe, expect, test, vi } from 'vitest'
import { PARKED } from '../../nats/park.ts'
import { STREAM } from '../../nats/subjects.ts'
import { HEADER } from '../../nats/wire.ts'
import type { Scene } from './scene.ts'

/** What is no event and was published by somebody with the broker's password. */
export const parkedMessages = ({ api, atEdge, bearer, ids, nats, putToSleep, until, visit }: Scene): void => {
  describe('what is no event, published straight onto a stream,', () => {
    const METADATA = JSON.stringify({ correlationId: 'x', actor: 'operator' })
    const EVENT = { [HEADER.id]: 'x', [HEADER.type]: 'ClaimRequested', [HEADER.version]: '1', [HEADER.metadata]: METADATA, [HEADER.revision]: '0' }
    const CLAIM = JSON.stringify({ deploymentId: 'poison', name: 'poison', reason: 'create', since: '2026-01-01T00:00:00.000Z', at: '2026-01-01T00:00:00.000Z' })
    const publish = async (subject: string, fields: Readonly<Record<string, string>>, body: string): Promise<void> => {
      const headers = natsHeaders()
      for (const [name, value] of Object.entries(fields)) headers.append(name, value)
      await nats().request(subject, body, { headers, timeout: 5_000 })
    }
    const parked = async (subject: string): Promise<Readonly<Record<string, string>>> => {
      const message = await (await jetstreamManager(nats())).streams.getMessage(STREAM.parked, { last_by_subj: subject })
      return Object.fromEntries(Object.entries(PARKED).map(([name, header]) => [name, message?.header.get(header) ?? '']))
    }

    test('is parked with its reason, and stops nobody', async () => {
      const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, readonly string[], RegExp])[] = [
        ['events.deployment.none', {}, CLAIM, ['provision', 'idle', 'retire'], /Event on events\.deployment\.none/],
        ['events.instance.none', {}, CLAIM, ['cold-start', 'idle'], /Event on events\.instance\.none/],
        ['events.deployment.nojson', EVENT, '{"deploymentId":', ['provision'], /ClaimRequested: .*JSON/],
        ['events.deployment.empty', EVENT, '', ['provision'], /ClaimRequested: .*JSON/],
        ['events.deployment.noversion', { ...EVENT, [HEADER.version]: 'one' }, CLAIM, ['provision'], /version/],
        ['events.deployment.future', { ...EVENT, [HEADER.version]: '99' }, CLAIM, ['provision'], /422 UNKNOWN_EVENT/],
        ['events.deployment.nometadata', { ...EVENT, [HEADER.metadata]: '{"actor":7}' }, CLAIM, ['provision'], /metadata/],
        ['events.deployment.nodata', EVENT, '{"deploymentId":7}', ['provision'], /422 MALFORMED_EVENT/],
        ['events.deployment.nobody', EVENT, CLAIM, ['provision'], /DEPLOYMENT_NOT_FOUND/],
        ['hits.none', {}, '{}', ['cold-start'], /Event on hits\.none/],
        ['timers.due.wake.none', {}, 'x', ['cold-start'], /Event on timers\.due\.wake\.none/],
      ]
      for (const [subject, fields, body] of cases) await publish(subject, { ...fields, ...(fields[HEADER.id] ? { [HEADER.id]: subject } : {}) }, body)
      const made = await api().call<{ id: string }>('POST', '/', { name: 'after', settings: { open: true } })
      ids['after'] = made.id
      await until('after', 'running')
      expect((await visit('after', '/')).status).toBe(200)
      expect((await visit('away', '/')).status).toBe(200)
      await until('away', 'running')
      await putToSleep('after', 'pause', 'paused')
      expect((await visit('after', '/')).status).toBe(200)
      await until('after', 'running')

      for (const [subject, , , functions, reason] of cases) {
        for (const name of functions) {
          const [category, id] = subject.split('.').slice(-2)
          const letter = await vi.waitFor(() => parked(`parked.${name}.${category}.${id}.*`), { timeout: 10_000, interval: 100 })
          expect([subject, letter]).toEqual([subject, { letter: expect.any(String), group: name, stream: expect.any(String), subject, sequence: expect.stringMatching(/^\d+$/), at: expect.any(String), reason: expect.stringMatching(reason), attempts: '1' }])
        }
      }

      // the operator finds them, looks, and deals with them
      type Letters = { readonly items: readonly { readonly id: string; readonly group: string; readonly state: string; readonly redrives: number }[] }
      const list = async () => (await atEdge('/api/parked?state=parked&deploymentId=poison&search=deployment.nobody', { headers: bearer() })).json as Letters
      const [letter] = await vi.waitFor(async () => {
        const { items } = await list()
        expect(items.length).toBeGreaterThan(0)
        return items
      }, { timeout: 30_000, interval: 100 })
      const command = (path: string) => atEdge(`/api/parked/${letter?.id}${path}`, { method: 'POST', headers: bearer() })
      expect((await command('/redrive')).status).toBe(202)
      const shown = () => atEdge(`/api/parked/${letter?.id}`, { headers: bearer() })
      await vi.waitFor(async () => expect((await shown()).json).toMatchObject({ state: 'parked', redrives: 1, payload: { bytes: expect.any(Number) } }), { timeout: 30_000, interval: 100 })
      expect((await command('/discard')).json).toMatchObject({ state: 'discarded' })
      expect((await command('/discard')).status).toBe(202)
    })
  })
}
