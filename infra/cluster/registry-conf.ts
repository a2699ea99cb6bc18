import { hash } from 'bcryptjs'

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

/** A line of its users' file. bcrypt is all it takes; the password is random, so the cheapest will do. */
export const registryUsers = async (password: string): Promise<string> => `${REGISTRY_USER}:${await hash(password, 5)}\n`
