import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import type { SigningKey } from '../../slot/port.ts'

const secretsSchema = z.strictObject({
  client: z.strictObject({ id: z.string(), secretHash: z.string() }),
  signingKey: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() }),
})
export type Secrets = Readonly<z.infer<typeof secretsSchema>>

/**
 * The key that this server signs its tokens with and its holder's client, from `file`, which is made when it is missing.
 * `clientSecret`: only then, and nowhere else: the file has its hash. @throws Error when the file is not whole
 */
export const openSecrets = (file: string): { readonly secrets: Secrets; readonly clientSecret: string | null } => {
  if (existsSync(file)) {
    const read = secretsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (!read.success) throw new Error(`${file} is no file of secrets: ${read.error.issues[0]?.path.join('.') ?? ''} ${read.error.issues[0]?.message ?? ''}`)
    return { secrets: read.data, clientSecret: null }
  }
  const clientSecret = randomBytes(32).toString('base64url')
  const secrets = { client: { id: 'holder', secretHash: createHash('sha256').update(clientSecret).digest('hex') }, signingKey: newKey() }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return { secrets, clientSecret }
}

const newKey = (): SigningKey => {
  const { x = '', y = '', d = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x, y, d, kid: randomBytes(8).toString('hex') }
}
