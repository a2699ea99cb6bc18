import { describe, expect, test } from 'vitest'
import { SIGNATURE_HEADER } from '../../delivery/signature.ts'
import { natsRoutes } from '../../routes/nats.ts'
import { sendBytes, sendExact } from './exact-http.ts'
import { expectProblem } from './expect.ts'
import type { Scene } from './scene.ts'

/** Hosts that are none, and headers that only the edge may set. */
export const visitorRefusals = ({ atEdge, atGateway, bearer, hostOf, httpPort, ids, nats, visit }: Scene): void => {
  describe('hosts', () => {
    const get = (...hosts: readonly string[]) => sendBytes(httpPort(), `GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`)
    test.each(['nobody', 'demo.demo', 'www', 'xn--demo', '127', 'demo-'])('nobody is at %s', async (name) => expectProblem(await get(hostOf(name)), 404, 'HOST_UNKNOWN'))
    test.each(['example.org', '169.254.169.254', 'minio', 'demo.localhost', 'demo.play.localhost.example.org'])('nor at %s', async (host) => expectProblem(await get(host), 404, 'HOST_UNKNOWN'))
    test.each<readonly [string, ...string[]]>([
      ['none'], ['two in one', 'demo.play.localhost, localhost'], ['a path', 'demo.play.localhost/x'],
      ['a user', 'x@demo.play.localhost'], ['a blank', 'demo .play.localhost'], ['a percent sign', 'demo%2eplay.localhost'], ['a star', '*.play.localhost'], ['a pipe', 'demo|x'], ['empty', ''], ['not ASCII', 'dém\xf6.play.localhost'],
    ])('malformed: %s', async (_, ...hosts) => expectProblem(await get(...hosts), 400, 'MALFORMED_REQUEST'))
    // HAProxy refuses what it cannot parse by itself, before any rule; and takes the same host twice for once (both 2.6)
    test('two', async () => expect((await get(hostOf('demo'), hostOf('away'))).status).toBe(400))
    test('what is no HTTP', async () => expect((await sendBytes(httpPort(), 'hello\r\n\r\n')).status).toBe(400))
    test('what is gone or closed says so', async () => {
      expectProblem(await visit('gone', '/'), 410, 'DEPLOYMENT_DELETED')
      expectProblem(await visit('closed', '/'), 503, 'DEPLOYMENT_STOPPED')
    })
  })

  describe('forged headers', () => {
    test('of the edge and the dispatcher mean nothing to a deployment', async () => {
      const headers = {
        'x-playground-entry': `${ids['away']}-1|${ids['away']}|running`, 'x-playground-claim': `${ids['away']}-1`, [SIGNATURE_HEADER]: 'x', 'x-forwarded-host': hostOf('away'),
        'ce-type': 'DeletionRequested', 'ce-id': 'x',
      }
      const reply = await visit('demo', '/', { headers })
      expect([reply.status, JSON.stringify(reply.json)]).toEqual([200, expect.stringContaining(`http://${hostOf('demo')}`)])
    })
    test('nor to the API', async () => {
      const headers = { ...bearer(), 'x-playground-deployment': ids['away'] ?? '', 'ce-type': 'DeletionRequested', 'ce-id': 'x', [SIGNATURE_HEADER]: 't=1,v1=x', 'x-call-id': '<script>', traceparent: 'x'.repeat(5_000) }
      for (const send of [atEdge, atGateway]) {
        const reply = await send(`/function/deployments/${ids['demo']}`, { headers })
        expect([reply.status, reply.json]).toMatchObject([200, { id: ids['demo'] }])
        expect(reply.headers['x-call-id']).toMatch(/^[0-9a-f-]{36}$/)
      }
    })
    test('a slot answers nobody but the edge', async () => {
      const address = (await natsRoutes(nats(), { replicas: 1 }).get(ids['demo'] ?? ''))?.address ?? ''
      const port = Number(address.split(':')[1])
      for (const headers of [{}, { 'x-playground-claim': 'x' }, { 'x-playground-claim': `${ids['demo']}-1` }]) {
        expectProblem(await sendExact(port, '/', { headers: { host: hostOf('demo'), ...headers } }), 421, 'MISDIRECTED')
      }
    })
  })
}
