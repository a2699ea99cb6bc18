import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET_NAMES, type Config, type SecretName } from '../config.ts'
import { DATABASE_USER } from './servers/postgres.ts'

const FIXED: Partial<Record<SecretName, string>> = { 'basic-auth-user': 'admin', 'nats-user': 'playground', 'object-store-user': 'playground' }

/**
 * Makes the secrets that are not there yet: a file each, readable by its owner alone; the rest random, 256 bits.
 * Also `pgpass`, with which PostgreSQL's clients find the password of `DATABASE_URL` (PGPASSFILE).
 */
export const makeSecrets = ({ SECRETS_DIR: folder }: Pick<Config, 'SECRETS_DIR'>): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  for (const name of SECRET_NAMES) {
    const path = join(folder, name)
    if (!existsSync(path)) writeFileSync(path, `${FIXED[name] ?? randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
  }
  const password = readFileSync(join(folder, 'database-password'), 'utf8').trimEnd()
  writeFileSync(passwordFile(folder), `127.0.0.1:*:*:${DATABASE_USER}:${password}\n`, { mode: 0o600 })
}

export const passwordFile = (folder: string): string => join(folder, 'pgpass')
