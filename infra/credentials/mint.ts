import { storageAccess, type StorageAccess } from './port.ts'
import { confinedPolicy } from './policy.ts'
import { first, text, type Root } from './root.ts'

/** Credentials live so long, in seconds. `functions/retire` waits longer than this before it erases a record. */
export const VALID_SECONDS = 3_600

/**
 * Credentials for one record (STS AssumeRole with an inline policy: the session may do what root and the policy both allow).
 * @throws Error when the store refuses or does not answer
 */
export const mint = async (deploymentId: string, root: Root, validSeconds = VALID_SECONDS): Promise<StorageAccess> => {
  const { endpoint, region, bucket } = root
  const prefix = `${deploymentId}/`
  const form = new URLSearchParams({
    Action: 'AssumeRole', Version: '2011-06-15', DurationSeconds: String(validSeconds), Policy: confinedPolicy(bucket, prefix),
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const xml = await text(await root.send('POST', '/', { body: form.toString(), headers, service: 'sts' }), 'AssumeRole')
  return storageAccess.parse({
    endpoint, region, bucket, prefix,
    accessKeyId: first(xml, 'AccessKeyId'),
    secretAccessKey: first(xml, 'SecretAccessKey'),
    sessionToken: first(xml, 'SessionToken'),
    expiresAt: first(xml, 'Expiration'),
  })
}
