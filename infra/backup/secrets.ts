import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { secret, type Config, type SecretName } from '../config.ts'
import { writeWhole, type BackupFile } from './files.ts'

/**
 * What others hold or what data is sealed with; the passwords of our own servers are made anew by any machine. `signing-key`: secrets of
 * subscriptions are derived from it, secrets of functions and queued calls sealed with it. `deployments-key`: credentials of deployments.
 */
const SURVIVING = ['signing-key', 'deployments-key', 'operator-token', 'basic-auth-user', 'basic-auth-password'] as const satisfies readonly SecretName[]

/** In a file of its own, so that it can be kept apart from the rest. */
export const SECRETS = 'secrets.json'
const secretsSchema = z.strictObject({
  'signing-key': z.string().min(1),
  /** Backups of the time before access control have none: deployments get other credentials then. */
  'deployments-key': z.optional(z.string().min(1)),
  'operator-token': z.string().min(1), 'basic-auth-user': z.string().min(1), 'basic-auth-password': z.string().min(1),
})

export const takeSecrets = (config: Pick<Config, 'SECRETS_DIR'>, folder: string): Promise<BackupFile> =>
  writeWhole(folder, SECRETS, `${JSON.stringify(Object.fromEntries(SURVIVING.map((name) => [name, secret(config, name)])))}\n`)

/** Writes those of the backup, if it has them, over what is there. False when it has none. */
export const bringBackSecrets = (folder: string, secretsDir: string): boolean => {
  if (!existsSync(join(folder, SECRETS))) return false
  const secrets = secretsSchema.parse(JSON.parse(readFileSync(join(folder, SECRETS), 'utf8')))
  mkdirSync(secretsDir, { recursive: true, mode: 0o700 })
  for (const name of SURVIVING) if (secrets[name] !== undefined) writeFileSync(join(secretsDir, name), `${secrets[name]}\n`, { mode: 0o600 })
  return true
}

/** Tells whether two signing keys are the same, and nothing else of them: they are random, 256 bits. */
export const fingerprint = (config: Pick<Config, 'SECRETS_DIR'>): string => createHmac('sha256', secret(config, 'signing-key')).update('backup').digest('hex').slice(0, 16)
