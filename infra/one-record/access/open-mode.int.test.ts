import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MinioServer } from '../../testing/servers.ts'
import { serve, startStore } from '../testing/serve.ts'
import { putClient } from './clients/clients.ts'
import { putPartner } from './partners/partners.ts'
import { openRecord } from '../store/record.ts'
import { claimOn } from '../testing/store.ts'
import { signToken } from './issuer/sign.ts'
import { caller, closedSettings, holderOf, holderToken, PIECE } from './testing/closed.ts'
import { startIdentityProvider } from './testing/identity-provider.ts'

let minio: MinioServer
beforeAll(async () => void (minio = await startStore()))
afterAll(() => minio.stop())

test('in open mode everybody is the holder, and every answer says so; closed again, nobody is', async () => {
  const open = await serve(minio)
  const anybody = caller(open, null)
  const piece = await anybody.make(PIECE)
  expect(await caller(open, 'whatever').status('GET', piece)).toBe(200)
  for (const [method, path] of [['GET', '/'], ['GET', piece], ['GET', '/nothing'], ['DELETE', '/']] as const) expect((await anybody.send(method, path)).headers.get('x-open-mode')).toBe('everybody is the holder')
  expect(await anybody.status('GET', '/holder/clients')).toBe(200)
  for (const [path, body] of [['clients', { name: 'x', agent: holderOf(open) }], ['partners', { name: 'x', uri: holderOf(open), issuer: 'https://idp.test' }]] as const) expect(await anybody.status('POST', `/holder/${path}`, body)).toBe(422)
  await open.stop()

  const closed = await serve(minio, { storage: open.claim.storage, epoch: 2, settings: closedSettings() })
  const [nobody, holder] = [await caller(closed, null).send('GET', piece), await caller(closed, await holderToken(closed)).send('GET', piece)]
  expect([nobody.status, nobody.headers.get('x-open-mode'), holder.status]).toEqual([401, null, 200])
  await closed.stop()
})

test('nothing in the record makes anybody the holder, however it came there', async () => {
  const provider = await startIdentityProvider()
  const claim = { ...claimOn(minio), ...closedSettings() }
  const record = await openRecord(claim, { genesis: () => Promise.resolve(), limit: { bytes: 1024 ** 3, reached: () => {} }, complain: (error) => { throw error } })
  const agent = holderOf({ base: claim.baseUrl })
  await record.write(async (tx) => {
    putClient(tx, { id: 'planted', name: 'x', agent, secretHash: '0'.repeat(64), createdAt: '', rotatedAt: '' })
    putPartner(tx, { uri: agent, name: 'x', issuer: provider.issuer, jwksUri: null, since: '' })
    return Promise.resolve()
  })
  await record.rest()
  const server = await serve(minio, { storage: claim.storage, epoch: 2, settings: { access: claim.access } })
  expect(await caller(server, await signToken(server.claim, { client: 'planted', agent, audience: server.base })).status('GET', '/')).toBe(401)
  expect(await caller(server, await provider.token(agent)).status('GET', '/')).toBe(401)
  expect(provider.asked).toEqual([])
  await Promise.all([server.stop(), provider.stop()])
})
