import { createHash } from 'node:crypto'
import { encodeBase64, hash } from 'bcryptjs'

/** Every node's own door to the registry of the stack. */
export const REGISTRY = '127.0.0.1:5000'
/** User of the registry; its password is the secret `registry-password`. */
export const REGISTRY_USER = 'one-record'

/** The configuration of the distribution registry, as JSON, which YAML is too. Nobody reads or writes without the password. */
export const registryConfiguration = (httpSecret: string): string => JSON.stringify({
  version: 0.1,
  log: { level: 'warn', accesslog: { disabled: true } },
  storage: { filesystem: { rootdirectory: '/var/lib/registry' }, delete: { enabled: true }, cache: { blobdescriptor: 'inmemory' } },
  http: { addr: ':5000', secret: httpSecret, headers: { 'X-Content-Type-Options': ['nosniff'] } },
  auth: { htpasswd: { realm: 'one-record', path: '/etc/docker/registry/users' } },
  health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
})

/** A line of its users' file: bcrypt is all it takes. The salt is of the password, which is random: the same line each time. */
export const registryUsers = async (password: string): Promise<string> =>
  `${REGISTRY_USER}:${await hash(password, `$2b$05$${encodeBase64(createHash('sha256').update(`salt\0${password}`).digest().subarray(0, 16), 16)}`)}\n`

/** What gateways and slot keepers show it, as `docker login` writes it. */
export const registryAuth = (password: string): string =>
  JSON.stringify({ auths: { [REGISTRY]: { auth: Buffer.from(`${REGISTRY_USER}:${password}`).toString('base64') } } })
