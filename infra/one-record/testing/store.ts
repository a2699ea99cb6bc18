import { Client } from 'minio'
import { randomId } from '../../ids.ts'
import { openClaim } from '../../slot/open-claim.ts'
import type { Claim } from '../../slot/port.ts'
import { openRecord, type AttachedRecord } from '../store/record.ts'
import { startMinio, type MinioServer } from '../../testing/servers.ts'

export const BUCKET = 'records'
/** Public base URL of every test's server. */
export const BASE = 'http://demo.play.test'

/** MinIO with the bucket of all test records. */
export const startStore = async (): Promise<MinioServer> => {
  const minio = await startMinio()
  await rootClient(minio).makeBucket(BUCKET)
  return minio
}

/** The object store with all rights. */
export const rootClient = ({ port, user, password }: MinioServer): Client =>
  new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey: user, secretKey: password })

/** A record without any rows of its own, that may hold a gibibyte. */
export const openEmpty = (claim: Claim): Promise<AttachedRecord> => openRecord(claim, { genesis: async () => {}, limit: { bytes: 1024 ** 3, reached: () => {} }, complain: () => {} })

export type ClaimOptions = { readonly prefix?: string; readonly epoch?: number; readonly endpoint?: string; readonly storage?: Claim['storage']; /** Instead of those of `openClaim`. */ readonly settings?: Partial<ReturnType<typeof openClaim>> }

/** A claim on a fresh record, or on `prefix`, with the root user's credentials; open, unless `settings` say otherwise. */
export const claimOn = (minio: MinioServer, { prefix = `${randomId()}/`, epoch = 1, endpoint = minio.url, storage, settings = {} }: ClaimOptions = {}): Claim => ({
  claimId: `${prefix.slice(0, -1)}-${epoch}`, deploymentId: prefix.slice(0, -1), epoch, name: 'demo', baseUrl: BASE, ...openClaim(), ...settings,
  storage: storage ?? { endpoint, region: 'us-east-1', bucket: BUCKET, prefix, accessKeyId: minio.user, secretAccessKey: minio.password, sessionToken: '', expiresAt: '2099-01-01T00:00:00Z' },
})
