import { text, type Root } from './root.ts'

const VERSIONED = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'

/** Makes the bucket of all records unless it is there, and turns versioning on. @throws Error when the store does not do it */
export const ensureBucket = async ({ bucket, send }: Root): Promise<void> => {
  const made = await send('PUT', `/${bucket}`)
  // 409: it is ours already
  if (made.status === 409) await made.body?.cancel()
  else await text(made, `making bucket ${bucket}`)
  await text(await send('PUT', `/${bucket}?versioning`, { body: VERSIONED }), `versioning of bucket ${bucket}`)
}
