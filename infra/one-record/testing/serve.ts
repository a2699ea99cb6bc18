import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'minio'
import { randomId } from '../../ids.ts'
import type { Application, Claim } from '../../slot/port.ts'
import { openClaim } from '../../slot/open-claim.ts'
import { startMinio, type MinioServer } from '../../testing/servers.ts'
import { oneRecordApplication } from '../application.ts'

/** An application served on a port of its own, without a slot around it. */
export type Served = { /** Where it listens. */ readonly address: string; /** Its public base URL, the same for every test. */ readonly base: string; readonly claim: Claim; readonly application: Application; readonly attachMs: number; stop(): Promise<void> }

export const BUCKET = 'records'
const BASE = 'http://demo.play.test'

/** MinIO with the bucket of all test records. */
export const startStore = async (): Promise<MinioServer> => {
  const minio = await startMinio()
  await rootClient(minio).makeBucket(BUCKET)
  return minio
}

/** The object store with all rights. */
export const rootClient = ({ port, user, password }: MinioServer): Client =>
  new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey: user, secretKey: password })

export type ClaimOptions = { readonly prefix?: string; readonly epoch?: number; readonly endpoint?: string; readonly storage?: Claim['storage']; /** Instead of those of `openClaim`. */ readonly settings?: Partial<ReturnType<typeof openClaim>> }

/** A claim on a fresh record, or on `prefix`, with the root user's credentials; open, unless `settings` say otherwise. */
export const claimOn = (minio: MinioServer, { prefix = `${randomId()}/`, epoch = 1, endpoint = minio.url, storage, settings = {} }: ClaimOptions = {}): Claim => ({
  claimId: `${prefix.slice(0, -1)}-${epoch}`, deploymentId: prefix.slice(0, -1), epoch, name: 'demo', baseUrl: BASE, ...openClaim(), ...settings,
  storage: storage ?? { endpoint, region: 'us-east-1', bucket: BUCKET, prefix, accessKeyId: minio.user, secretAccessKey: minio.password, sessionToken: '', expiresAt: '2099-01-01T00:00:00Z' },
})

/** Attaches an application to a record and serves it. @throws what attach throws */
export const serve = async (minio: MinioServer, options: ClaimOptions & Parameters<typeof oneRecordApplication>[0] = {}): Promise<Served> => {
  const application = oneRecordApplication(options)
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => void application.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const claim = claimOn(minio, options)
  const begin = performance.now()
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await application.quiesce()
  }
  await application.attach(claim).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { address, base: BASE, claim, application, attachMs: performance.now() - begin, stop }
}
