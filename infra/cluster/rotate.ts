import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET_NAMES } from '../config.ts'
import { openFolder } from './operator-folder.ts'
import { giveSecrets, makeSecrets } from './secrets.ts'

/** What a new value would break: data that were made with it, or servers that keep it with their data. */
const KEPT: Readonly<Record<string, string>> = {
  'signing-key': 'subscribers verify deliveries with what is derived from it, and secrets of functions are sealed with it',
  'deployments-key': 'the credentials of all deployments are derived from it',
  'database-password': 'PostgreSQL keeps it with its data: ALTER ROLE there first',
}
const ALSO: readonly string[] = ['nats-route-password', 'registry-password', 'registry-http-secret']

/** New values for these secrets, beside the old ones in Swarm. Services have it after `deploy`. */
export const rotate = async (names: readonly string[], say: (text: string) => void): Promise<void> => {
  const known: readonly string[] = [...SECRET_NAMES, ...ALSO]
  const unknown = names.filter((name) => !known.includes(name))
  if (names.length === 0 || unknown.length > 0) throw new Error(`which of ${known.filter((name) => !(name in KEPT)).join(', ')}?`)
  for (const name of names) if (name in KEPT) throw new Error(`${name} is not rotated: ${KEPT[name]}`)
  const folder = openFolder()
  for (const name of names) rmSync(join(folder.secrets, name))
  makeSecrets(folder)
  await giveSecrets(folder)
  say(`${names.join(', ')}: new. "deploy" puts them in use, one task after the other`)
}
