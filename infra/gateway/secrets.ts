import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import { namespaceSchema, secretNameSchema } from './function-spec.ts'
import type { Seal } from './seal.ts'
import type { SharedTable } from './shared-table.ts'

/** Sealed and in base64 it must pass as one message of the broker. */
const MAX_BYTES = 256 * 1024

const nameAndNamespace = { name: secretNameSchema, namespace: namespaceSchema }
/** Body of `POST` and `PUT /system/secrets`: the value as text, or as bytes in base64. */
export const secretBodySchema = z
  .strictObject({ ...nameAndNamespace, value: z.string().nullish(), rawValue: z.base64().nullish() })
  .transform(({ name, namespace, value, rawValue }) => ({ name, namespace, value: value ? Buffer.from(value) : Buffer.from(rawValue ?? '', 'base64') }))
  .refine(({ value }) => value.length > 0 && value.length <= MAX_BYTES, { path: ['value'], message: `must be 1 to ${MAX_BYTES} bytes, in value or rawValue` })
/** Body of `DELETE /system/secrets`. */
export const secretRemovalSchema = z.strictObject({ ...nameAndNamespace, value: z.string().nullish(), rawValue: z.string().nullish() })

export type SecretName = { readonly name: string; readonly namespace: string }
export type SecretValue = SecretName & { readonly value: Buffer }

/** Secrets of functions: sealed where gateways share them, plain only where functions read them. Never told again. */
export type Secrets = {
  list(namespace: string): readonly SecretName[]
  has(secret: SecretName): boolean
  /** @throws SECRET_EXISTS */
  create(secret: SecretValue): Promise<void>
  /** @throws SECRET_NOT_FOUND */
  update(secret: SecretValue): Promise<void>
  /** @throws SECRET_NOT_FOUND; whether a function needs it is the caller's question */
  remove(secret: SecretName): Promise<void>
  /** Values, for the host that runs a function. @throws SECRET_NOT_FOUND */
  open(namespace: string, names: readonly string[]): readonly SecretValue[]
  /** The same, asked of the broker. @throws SECRET_NOT_FOUND, STORE_UNAVAILABLE */
  ask(namespace: string, names: readonly string[]): Promise<readonly SecretValue[]>
  onChange(listener: (secret: SecretName) => unknown): void
}

const PREFIX = 'secret.'
const keyOf = ({ name, namespace }: SecretName): string => `${PREFIX}${namespace}.${name}`
/** Names may have dots, namespaces have none. */
const ofKey = (key: string): SecretName => {
  const dot = key.indexOf('.', PREFIX.length)
  return { namespace: key.slice(PREFIX.length, dot), name: key.slice(dot + 1) }
}

export const openSecrets = (table: SharedTable, seal: Seal): Secrets => {
  const put = ({ value, ...secret }: SecretValue, refuse: (isThere: boolean) => void) => table.change(keyOf(secret), (stored) => {
    refuse(stored !== undefined)
    return seal.seal(value).toString('base64')
  })
  const missing = (secret: SecretName) => failure('SECRET_NOT_FOUND', secret)
  const opened = (secret: SecretName, sealed: unknown): SecretValue => {
    if (typeof sealed !== 'string') throw missing(secret)
    return { ...secret, value: seal.open(Buffer.from(sealed, 'base64')) }
  }
  return {
    list: (namespace) => table.keys(`${PREFIX}${namespace}.`).map(ofKey).toSorted((a, b) => a.name.localeCompare(b.name)),
    has: (secret) => table.get(keyOf(secret)) !== undefined,
    create: (secret) => put(secret, (isThere) => {
      if (isThere) throw failure('SECRET_EXISTS', { name: secret.name, namespace: secret.namespace })
    }),
    update: (secret) => put(secret, (isThere) => {
      if (!isThere) throw missing({ name: secret.name, namespace: secret.namespace })
    }),
    remove: (secret) => table.change(keyOf(secret), (stored) => {
      if (stored === undefined) throw missing(secret)
      return undefined
    }),
    open: (namespace, names) => names.map((name) => opened({ name, namespace }, table.get(keyOf({ name, namespace })))),
    ask: (namespace, names) => Promise.all(names.map(async (name) => opened({ name, namespace }, await table.ask(keyOf({ name, namespace }))))),
    onChange: (listener) => table.onChange((key) => (key.startsWith(PREFIX) ? listener(ofKey(key)) : undefined)),
  }
}
