import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import type { SigningKey } from '../../slot/port.ts'

const secretsSchema = z.strictObject({
  client: z.strictObject({ id: z.string(), secretHash: z.string() }),
  signingKey: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() }),
})
export type Secrets = Readonly<z.infer<typeof secretsSchema>>

/**
 * The key that this server signs its tokens with and its holder's client, from `file`, which is made when it is missing. With
 * `newSecret` the client gets another secret; the key stays, for what is sealed with it. `clientSecret`: only when it is new, and
 * nowhere else: the file has its hash. @throws Error when the file is not whole
 */
export const openSecrets = (file: string, { newSecret }: { readonly newSecret: boolean }): { readonly secrets: Secrets; readonly clientSecret: string | null } => {
  const before = existsSync(file) ? read(file) : null
  if (before && !newSecret) return { secrets: before, clientSecret: null }
  const clientSecret = randomBytes(32).toString('base64url')
  const secrets: Secrets = { client: { id: 'holder', secretHash: createHash('sha256').update(clientSecret).digest('hex') }, signingKey: before?.signingKey ?? newKey() }
  mkdirSync(dirname(file), { recursive: true })
  const beside = `${file}.${randomBytes(4).toString('hex')}`
  writeFileSync(beside, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(beside, file)
  return { secrets, clientSecret }
}

const read = (file: string): Secrets => {
  const found = secretsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!found.success) throw new Error(`${file} is no file of secrets: ${found.error.issues[0]?.path.join('.') ?? ''} ${found.error.issues[0]?.message ?? ''}`)
  return found.data
}

const newKey = (): SigningKey => {
  const { x = '', y = '', d = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y, d, kid: randomBytes(8).toString('hex') }
}
