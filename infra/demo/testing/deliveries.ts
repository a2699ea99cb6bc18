import { describe, expect, test } from 'vitest'
import { sign, SIGNATURE_HEADER } from '../../delivery/signature.ts'
import { historyOf } from '../history.ts'
import { expectProblem } from './expect.ts'
import { JSON_TYPE, type Scene } from './scene.ts'

/** Deliveries that the dispatcher did not send. */
export const deliveryRefusals = ({ api, atEdge, atGateway, gatewayUser, ids, secretOf }: Scene): void => {
  describe.each(['/function/provision', '/function/idle.openfaas-fn', '/function/retire'])('a delivery to %s', (path) => {
    const body = JSON.stringify({ deploymentId: 'nobody', name: 'nobody', reason: 'create', since: '2026-01-01T00:00:00.000Z', at: '2026-01-01T00:00:00.000Z' })
    const TYPES: Readonly<Record<string, string>> = { '/function/provision': 'ClaimRequested', '/function/idle.openfaas-fn': 'SettingsChanged', '/function/retire': 'StopRequested' }
    const type = TYPES[path] ?? ''
    const delivery = ({ key = secretOf('signing-key'), atMs = Date.now(), signedBody = body, ...more }: { key?: string; atMs?: number; signedBody?: string } & Record<string, unknown> = {}): Record<string, string> => {
      const head = { 'ce-id': 'forged', 'ce-type': type, 'ce-subject': 'events.deployment.nobody', 'ce-sequence': '1', 'ce-revision': '1', 'ce-dataversion': '1', 'ce-time': '2026-01-01T00:00:00.000Z', 'ce-attempt': '1', 'ce-correlationid': 'x', 'ce-actor': 'operator', ...more }
      return { ...JSON_TYPE, ...head, [SIGNATURE_HEADER]: sign(key, { id: head['ce-id'], type: String(head['ce-type']), sequence: head['ce-sequence'], body: Buffer.from(signedBody) }, atMs) }
    }
    const { [SIGNATURE_HEADER]: _, ...unsigned } = { ...JSON_TYPE, 'ce-id': 'forged', 'ce-type': type, [SIGNATURE_HEADER]: '' }

    test('that is not signed', async () => expectProblem(await atGateway(path, { method: 'POST', headers: unsigned, body }), 403, 'NOT_PUBLIC'))
    test.each<readonly [string, () => Record<string, string>]>([
      ['with another key', () => delivery({ key: 'another' })], ['for another body', () => delivery({ signedBody: '{}' })], ['ten minutes ago', () => delivery({ atMs: Date.now() - 600_000 })],
      ['in ten minutes', () => delivery({ atMs: Date.now() + 600_000 })], ['by nonsense', () => ({ ...delivery(), [SIGNATURE_HEADER]: 'yes' })], ['with nothing', () => ({ ...delivery(), [SIGNATURE_HEADER]: '' })],
      ['for another event', () => ({ ...delivery(), 'ce-id': 'other' })], ['for another type', () => ({ ...delivery(), 'ce-type': 'PurgeDue' })], ['for another place', () => ({ ...delivery(), 'ce-sequence': '2' })],
    ])('that is signed %s', async (_why, headers) => expectProblem(await atGateway(path, { method: 'POST', headers: headers(), body }), 401, 'UNSIGNED_DELIVERY'))

    test('of the gateway\'s user, who may call but not sign', async () =>
      expectProblem(await atGateway(path, { method: 'POST', headers: { ...delivery({ key: 'another' }), ...gatewayUser() }, body }), 401, 'UNSIGNED_DELIVERY'))

    test('that is signed, but no event that it takes', async () => {
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-type': 'NameReserved' }), body }), 422, 'EVENT_NOT_TAKEN')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-dataversion': '99' }), body }), 422, 'UNKNOWN_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ 'ce-dataversion': 'one' }), body }), 422, 'MALFORMED_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ signedBody: '{}' }), body: '{}' }), 422, 'MALFORMED_EVENT')
      expectProblem(await atGateway(path, { method: 'POST', headers: delivery({ signedBody: '{' }), body: '{' }), 400, 'MALFORMED_JSON')
      expectProblem(await atGateway(path, { method: 'GET', headers: delivery({ signedBody: '' }) }), 405, 'METHOD_NOT_ALLOWED')
    })

    test('through the edge, signed or not', async () => {
      for (const at of [path, path.replace('/function/', '/api/')]) {
        for (const headers of [unsigned, delivery(), delivery({ key: 'another' })]) expectProblem(await atEdge(at, { method: 'POST', headers, body }), 403, 'NOT_PUBLIC')
      }
    })
  })

  test('a delivery that comes once more, signed anew: it was done', async () => {
    const id = ids['demo'] ?? ''
    const [, claim] = (await historyOf(api(), id)) as unknown as readonly { id: string; position: string; at: string; data: object }[]
    if (!claim) throw new Error('it has no claim')
    const body = JSON.stringify({ deploymentId: id, at: claim.at, ...claim.data })
    const head = {
      'ce-id': claim.id, 'ce-type': 'ClaimRequested', 'ce-subject': `events.deployment.${id}`, 'ce-sequence': claim.position, 'ce-revision': '1', 'ce-dataversion': '1',
      'ce-time': claim.at, 'ce-attempt': '1', 'ce-correlationid': 'x', 'ce-actor': 'operator',
    }
    const signature = sign(secretOf('signing-key'), { id: claim.id, type: 'ClaimRequested', sequence: claim.position, body: Buffer.from(body) }, Date.now())
    for (let time = 0; time < 3; time += 1) expect((await atGateway('/function/provision', { method: 'POST', headers: { ...JSON_TYPE, ...head, [SIGNATURE_HEADER]: signature }, body })).status).toBe(204)
  })
}
