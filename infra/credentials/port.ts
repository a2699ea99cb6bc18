import { z } from 'zod'

/** Request on subject `credentials.mint`; answered by the minting service, the only holder of the object store's root user. */
export const mintRequest = z.strictObject({ deploymentId: z.string().regex(/^[a-z0-9]{1,64}$/) })

/**
 * Where a slot keeps its record and what lets it: confined to `<prefix>` in `bucket`, without delete (STS AssumeRole with an
 * inline policy). Never logged, never in an event.
 */
export const storageAccess = z.strictObject({
  endpoint: z.url(),
  region: z.string(),
  bucket: z.string(),
  /** `<deploymentId>/`, always with the slash. */
  prefix: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiresAt: z.iso.datetime(),
})
export type StorageAccess = Readonly<z.infer<typeof storageAccess>>

/** Reply: `{ok: true, access}` or `{ok: false, reason}`. */
export const mintReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), access: storageAccess }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

export type Credentials = {
  /** @throws CREDENTIALS_UNAVAILABLE */
  mint(deploymentId: string): Promise<StorageAccess>
}
