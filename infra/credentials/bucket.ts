import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { text, type Root } from './root.ts'

const VERSIONED = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'

const RETRY_MS = 250

/** Makes the bucket of all records unless it is there, and turns versioning on; tries until the store does it, or `signal` aborts. */
export const ensureBucket = async (root: Root, log: Log, signal?: AbortSignal): Promise<void> => {
  while (!signal?.aborted) {
    try {
      return await makeBucket(root)
    } catch (error) {
      log.warn({ reason: String(error) }, 'the object store does not answer yet')
      await sleep(RETRY_MS)
    }
  }
}

const makeBucket = async ({ bucket, send }: Root): Promise<void> => {
  const made = await send('PUT', `/${bucket}`)
  // 409: it is ours already
  if (made.status === 409) await made.body?.cancel()
  else await text(made, `making bucket ${bucket}`)
  await text(await send('PUT', `/${bucket}?versioning`, { body: VERSIONED }), `versioning of bucket ${bucket}`)
}
