import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BASES } from '../images/bases/pins.ts'
import type { OperatorFolder } from './operator-folder.ts'
import { REGISTRY } from './registry-conf.ts'
import { PLATFORM_SECRET_NAMES, swarmSecrets } from './secrets.ts'

/** Name of the stack, and what the names of all that belongs to it begin with. */
export const STACK = 'one-record'
export const STACK_FILE = join(import.meta.dirname, 'stack.yml')

export const imagePrefix = (environment: NodeJS.ProcessEnv = process.env): string => environment['IMAGE_PREFIX'] || `${REGISTRY}/one-record-playground`

/** The variables of stack.yml. Writes the file that the platform's own functions get as their environment. */
export const stackVariables = async (folder: OperatorFolder): Promise<Readonly<Record<string, string>>> => {
  const { settings } = folder
  const called = new Map((await swarmSecrets(folder)).map((one) => [one.name, one.called]))
  const visible = {
    LOG_LEVEL: settings.LOG_LEVEL, PLATFORM_HOST: settings.PLATFORM_HOST, DEPLOYMENTS_DOMAIN: settings.DEPLOYMENTS_DOMAIN,
    PUBLIC_SCHEME: settings.PUBLIC_SCHEME, PUBLIC_PORT: String(settings.PUBLIC_PORT || settings.HTTP_PORT), OUTBOUND_ALLOW: settings.OUTBOUND_ALLOW,
  }
  const platform = { ...visible, ...FOR_FUNCTIONS }
  const platformFile = folder.file('platform.env')
  writeFileSync(platformFile, Object.entries(platform).map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 })
  return {
    ...visible,
    HTTP_PORT: String(settings.HTTP_PORT), IMAGE_PREFIX: imagePrefix(), IMAGE_TAG: settings.IMAGE_TAG, DOCKER_SOCKET: settings.DOCKER_SOCKET,
    NATS_IMAGE: BASES.nats, MINIO_IMAGE: BASES.minio, POSTGRES_IMAGE: BASES.postgres, REGISTRY_IMAGE: BASES.registry, HAPROXY_IMAGE: BASES.haproxy,
    ...Object.fromEntries([...called].map(([name, as]) => [`SECRET_${name.toUpperCase().replaceAll(/[.-]/g, '_')}`, as])),
    PLATFORM_SECRETS: PLATFORM_SECRET_NAMES.map((name) => `${name}=${called.get(name)}`).join(','),
    PLATFORM_ENV_FILE: platformFile, PLATFORM_ENV_DIGEST: digestOf(platformFile),
    REGISTRY_DOOR_DIGEST: digestOf(join(import.meta.dirname, 'registry-door.cfg')),
  }
}

/** Where functions find what they need, on the network of the platform. */
const FOR_FUNCTIONS = {
  NATS_URL: 'nats://nats-1:4222,nats://nats-2:4222,nats://nats-3:4222', NATS_REPLICAS: '3', DATABASE_URL: 'postgres://playground@postgres:5432/postgres', DATABASE_PASSWORD_FILE: '/var/openfaas/secrets/database-password',
  SECRETS_DIR: '/var/openfaas/secrets', DATA_DIR: '/tmp', OBJECT_STORE_URL: 'http://object-store:9000',
}

/** Configurations of Swarm cannot be changed: another content has another name. */
const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)
