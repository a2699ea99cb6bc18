import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secret, SECRET_NAMES, type SecretName } from '../config.ts'
import { docker } from '../images/docker.ts'
import { brokerUsers } from '../nats/users.ts'
import { listNames } from './engine.ts'
import { natsConfiguration } from './nats-conf.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { registryConfiguration, registryUsers } from './registry-conf.ts'

/** Of the cluster alone: how the brokers know each other, and who may pull and push images. */
const OWN_NAMES = ['nats-route-password', 'registry-password', 'registry-http-secret'] as const
type OwnName = (typeof OWN_NAMES)[number]

const FIXED: Partial<Record<SecretName, string>> = { 'basic-auth-user': 'admin', 'nats-user': 'operator', 'object-store-user': 'one-record' }

/** What the platform's own functions are given, by the gateway: the secrets of Swarm that infra/platform reads. */
export const PLATFORM_SECRET_NAMES = ['nats-password-functions', 'signing-key', 'operator-token', 'database-password'] as const

/** Name of a secret in Swarm: it cannot be changed there, so a new value is a new name. */
export const swarmName = (name: string, version: number): string => `one-record_${name}_${version}`

/** Makes those that the folder has not, a file each, for its owner alone. */
export const makeSecrets = ({ secrets }: Pick<OperatorFolder, 'secrets'>): readonly string[] =>
  [...SECRET_NAMES, ...OWN_NAMES].filter((name) => {
    const path = join(secrets, name)
    const isNew = !existsSync(path)
    if (isNew) writeFileSync(path, `${FIXED[name as SecretName] ?? randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
    return isNew
  })

/** Gives Swarm what it does not have of this version. Resolves to the names of those that are new there. */
export const giveSecrets = async (folder: OperatorFolder): Promise<readonly string[]> => {
  const { SECRETS_VERSION: version } = folder.settings
  const there = await listNames('secret')
  const given: string[] = []
  for (const [name, value] of await contents(folder)) {
    const called = swarmName(name, version)
    if (there.has(called)) continue
    await docker(['secret', 'create', '--label', 'one-record.cluster=true', called, '-'], { input: value })
    given.push(called)
  }
  return given
}

const contents = async ({ secrets }: Pick<OperatorFolder, 'secrets'>): Promise<ReadonlyMap<string, string>> => {
  const own = (name: OwnName): string => readFileSync(join(secrets, name), 'utf8').trimEnd()
  const plain = SECRET_NAMES.filter((name) => name !== 'nats-user' && name !== 'nats-password') // the operator's stay with the operator
  return new Map<string, string>([
    ...plain.map((name) => [name, secret({ SECRETS_DIR: secrets }, name)] as const),
    ['nats.conf', natsConfiguration(brokerUsers({ SECRETS_DIR: secrets }), own('nats-route-password'))],
    ['registry-password', own('registry-password')],
    ['registry.yml', registryConfiguration(own('registry-http-secret'))],
    ['registry-users', await registryUsers(own('registry-password'))],
  ])
}
