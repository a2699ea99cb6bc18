import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secret, SECRET_NAMES, type SecretName } from '../config.ts'
import { docker } from '../images/docker.ts'
import { brokerUsers } from '../nats/users.ts'
import { listNames } from './engine.ts'
import { natsConfiguration } from './nats-conf.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { registryAuth, registryConfiguration, registryUsers } from './registry-conf.ts'

/** Of the cluster alone: how the brokers know each other, and who may pull and push images. */
const OWN_NAMES = ['nats-route-password', 'registry-password', 'registry-http-secret'] as const
type OwnName = (typeof OWN_NAMES)[number]

const FIXED: Partial<Record<SecretName, string>> = { 'basic-auth-user': 'admin', 'nats-user': 'operator', 'object-store-user': 'one-record' }

/** What the platform's own functions are given, by the gateway: the secrets of Swarm that infra/platform reads. */
export const PLATFORM_SECRET_NAMES = ['nats-password-functions', 'signing-key', 'operator-token', 'database-password'] as const

/** Makes those that the folder has not, a file each, for its owner alone. */
export const makeSecrets = ({ secrets }: Pick<OperatorFolder, 'secrets'>): readonly string[] =>
  [...SECRET_NAMES, ...OWN_NAMES].filter((name) => {
    const path = join(secrets, name)
    const isNew = !existsSync(path)
    if (isNew) writeFileSync(path, `${FIXED[name as SecretName] ?? randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
    return isNew
  })

/** A secret as Swarm has it: it cannot be changed there, so a new value is a new name, `one-record_signing-key_3f0c5a19be44`. */
export type SwarmSecret = { readonly name: string; readonly called: string; readonly value: string }

/** All of them; those that are made of others are what this code makes of them. */
export const swarmSecrets = async ({ secrets }: Pick<OperatorFolder, 'secrets'>): Promise<readonly SwarmSecret[]> => {
  const own = (name: OwnName): string => readFileSync(join(secrets, name), 'utf8').trimEnd()
  const plain = SECRET_NAMES.filter((name) => name !== 'nats-user' && name !== 'nats-password') // the operator's stay with the operator
  const contents: readonly (readonly [name: string, value: string])[] = [
    ...plain.map((name) => [name, secret({ SECRETS_DIR: secrets }, name)] as const),
    ['nats.conf', natsConfiguration(brokerUsers({ SECRETS_DIR: secrets }), own('nats-route-password'))],
    ['registry-auth', registryAuth(own('registry-password'))],
    ['registry.yml', registryConfiguration(own('registry-http-secret'))],
    ['registry-users', await registryUsers(own('registry-password'))],
  ]
  return contents.map(([name, value]) => ({ name, value, called: `one-record_${name}_${digestOf(name, value)}` }))
}

/** Of 256 random bits nobody finds the value by its digest; users' names are no secrets. */
const digestOf = (name: string, value: string): string => createHash('sha256').update(`${name}\0${value}`).digest('hex').slice(0, 12)

/** Gives Swarm what it does not have yet. Resolves to the names of those that are new there. */
export const giveSecrets = async (folder: OperatorFolder): Promise<readonly string[]> => {
  const there = await listNames('secret')
  const missing = (await swarmSecrets(folder)).filter(({ called }) => !there.has(called))
  for (const { called, value } of missing) await docker(['secret', 'create', '--label', 'one-record.cluster=true', called, '-'], { input: value })
  return missing.map(({ called }) => called)
}

/** Removes those that nobody uses any more: Swarm keeps those that a service has. */
export const forgetSecrets = async (folder: OperatorFolder): Promise<readonly string[]> => {
  const wanted = new Set((await swarmSecrets(folder)).map(({ called }) => called))
  const ours = (await docker(['secret', 'ls', '--filter', 'label=one-record.cluster=true', '--format', '{{.Name}}'])).split('\n').filter(Boolean)
  const removed = await Promise.all(ours.filter((name) => !wanted.has(name)).map((name) => docker(['secret', 'rm', name]).then(() => [name], () => [])))
  return removed.flat()
}
