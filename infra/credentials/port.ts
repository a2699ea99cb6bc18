import { z } from 'zod'
import type { Access } from '../slot/port.ts'

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

/** Request on subjects `credentials.identity` and `credentials.secret`: a deployment and the generation of its credentials. */
export const identityRequest = z.strictObject({ ...mintRequest.shape, generation: z.int().min(1) })
export type IdentityRequest = Readonly<z.infer<typeof identityRequest>>

/** What a slot needs to answer for its deployment: which client is the holder's, and what it signs tokens with. Never logged, never in an event. */
export const identitySchema = z.strictObject({
  client: z.strictObject({ id: z.string(), secretHash: z.string() }),
  signingKey: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() }),
}) satisfies z.ZodType<Pick<Access, 'client' | 'signingKey'>>
export type Identity = Readonly<z.infer<typeof identitySchema>>
export const identityReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), identity: identitySchema }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

/** What the owner of a deployment fetches tokens with (OAuth 2.0 client credentials). Shown to the owner, kept nowhere. */
export const clientSchema = z.strictObject({ clientId: z.string(), clientSecret: z.string() })
export type ClientCredentials = Readonly<z.infer<typeof clientSchema>>
export const secretReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), client: clientSchema }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

export type Credentials = {
  /** @throws CREDENTIALS_UNAVAILABLE */
  mint(deploymentId: string): Promise<StorageAccess>
  /** For a slot. @throws CREDENTIALS_UNAVAILABLE */
  identity(request: IdentityRequest): Promise<Identity>
}

/** Credentials of deployments for their owners: the same request, the same answer. */
export type Clients = {
  /** @throws CREDENTIALS_UNAVAILABLE */
  secret(request: IdentityRequest): Promise<ClientCredentials>
}

/** Request on subject `credentials.fence`. A tombstone is a fence that no later claim may pass. */
export const fenceRequest = z.strictObject({ ...mintRequest.shape, epoch: z.int().min(0), tombstone: z.boolean() })
/** `n`: the place of the fence in the commit log. */
export const fenceReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), n: z.int().min(1) }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

/** Request on subject `credentials.erase`. */
export const eraseRequest = mintRequest
/** `objects`: object versions deleted, markers included. */
export const eraseReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), objects: z.int().min(0) }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

/** Request on subject `credentials.redact`. `object`: a logistics object, by its id in the record; `commit`: the one that erased it. */
export const redactRequest = z.strictObject({ ...mintRequest.shape, object: z.string().min(1).max(512), commit: z.int().min(1) })
export type RedactRequest = Readonly<z.infer<typeof redactRequest>>
/** How many commits were overwritten and objects of the store deleted; or why it has to wait. */
export const redactedSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('done'), commits: z.int().min(0), objects: z.int().min(0) }),
  z.strictObject({ state: z.literal('waits'), reason: z.string() }),
])
export type Redacted = Readonly<z.infer<typeof redactedSchema>>
export const redactReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), redacted: redactedSchema }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

/** Request on subject `credentials.sweep`. */
export const sweepRequest = mintRequest
/**
 * How many object versions were deleted, and their bytes; `waiting`: how many a later sweep will find, for they are too fresh. Or why
 * nothing was deleted.
 */
export const sweptSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('swept'), objects: z.int().min(0), bytes: z.int().min(0), waiting: z.int().min(0) }),
  z.strictObject({ state: z.literal('unsure'), reason: z.string() }),
])
export type Swept = Readonly<z.infer<typeof sweptSchema>>
export const sweepReply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), swept: sweptSchema }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
])

/** What only the holder of the object store's root user can do to a record; asked of the minting service. */
export type Storage = {
  /** Makes every slot that holds this record deposed: its next commit finds the place taken. Said twice, two fences; no harm. @throws CREDENTIALS_UNAVAILABLE */
  fence(deploymentId: string, epoch: number, options?: { readonly tombstone?: boolean }): Promise<void>
  /** Deletes every version of every object of the record. Said twice, the second finds nothing. @throws CREDENTIALS_UNAVAILABLE */
  erase(deploymentId: string): Promise<{ readonly objects: number }>
  /** Overwrites the content of an object that was erased by its slot, and deletes its documents. Said twice, the second finds nothing. @throws CREDENTIALS_UNAVAILABLE */
  redact(request: RedactRequest): Promise<Redacted>
  /** Deletes what newer checkpoints and documents replaced. Said twice, the second finds nothing. @throws CREDENTIALS_UNAVAILABLE */
  sweep(deploymentId: string): Promise<Swept>
}
