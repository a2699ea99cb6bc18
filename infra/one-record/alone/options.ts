import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { StorageAccess } from '../../credentials/port.ts'
import { parseAllow } from '../../outbound/allow.ts'
import type { Limits, TrustedIssuer } from '../../slot/port.ts'
import { isHttpIri } from '../access/tokens/issuers.ts'

/** Where the record lies. A folder has nothing to sign requests with. */
export type Store = { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'bucket'; readonly access: StorageAccess }

export type Options = {
  readonly help: boolean
  readonly store: Store
  readonly port: number
  readonly host: string
  /** No slash at its end. */
  readonly base: string
  readonly isBehindProxy: boolean
  readonly name: string
  readonly secrets: string
  readonly newSecret: boolean
  readonly trust: readonly TrustedIssuer[]
  readonly hideForbidden: boolean
  readonly open: boolean
  readonly strictness: 'strict' | 'lenient'
  readonly limits: Limits
  /** As OUTBOUND_ALLOW has it. */
  readonly outboundAllow: string
  readonly log: boolean
}

/** An option that cannot be; its message names it. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/
/** More than anybody has: nobody shares this server's machine. */
const WITHOUT_LIMIT = { bytes: 2 ** 50, count: 10 ** 9 }

/** @param environment for the credentials of a bucket. @throws OptionError */
export const readOptions = (args: readonly string[], environment: Readonly<NodeJS.ProcessEnv>): Options => {
  const { store, host, base, name, secrets, open, help, ...given } = parse(args)
  const port = count('--port', given.port, 65_535)
  if (open && !LOOPBACK.test(host) && !given['open-to-network']) throw new OptionError(`--open at ${host} would let everybody of the network change everything: add --open-to-network if that is meant`)
  if (!help && store === undefined) throw new OptionError('--store is missing: a folder, or s3://BUCKET/PREFIX')
  const where = storeOf(store ?? '.', environment)
  return {
    help, port, host, name, open, store: where,
    base: baseOf(base ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`),
    isBehindProxy: given['behind-proxy'], newSecret: given['new-secret'], log: given.log,
    secrets: secrets ?? (where.kind === 'folder' ? `${where.path}/secrets.json` : 'one-record.secrets.json'),
    trust: given.trust.map(trustOf), hideForbidden: !given['tell-forbidden'], strictness: given.lenient ? 'lenient' : 'strict',
    outboundAllow: allowOf(given['outbound-allow']),
    limits: {
      bodyBytes: size('--max-body', given['max-body']), documentBytes: size('--max-document', given['max-document']),
      storedBytes: given['max-stored'] === undefined ? WITHOUT_LIMIT.bytes : size('--max-stored', given['max-stored']),
      objects: positive('--max-objects', given['max-objects']), requestsPerMinute: positive('--requests-per-minute', given['requests-per-minute']),
    },
  }
}

const OPTIONS = {
  store: { type: 'string' }, port: { type: 'string', default: '8088' }, host: { type: 'string', default: '127.0.0.1' }, base: { type: 'string' }, 'behind-proxy': { type: 'boolean', default: false },
  name: { type: 'string', default: 'one-record' }, secrets: { type: 'string' }, 'new-secret': { type: 'boolean', default: false }, trust: { type: 'string', multiple: true, default: [] as string[] },
  'tell-forbidden': { type: 'boolean', default: false }, open: { type: 'boolean', default: false }, 'open-to-network': { type: 'boolean', default: false }, lenient: { type: 'boolean', default: false },
  'max-body': { type: 'string', default: '16M' }, 'max-document': { type: 'string', default: '1G' }, 'max-stored': { type: 'string' }, 'max-objects': { type: 'string' }, 'requests-per-minute': { type: 'string' },
  'outbound-allow': { type: 'string', default: '' }, log: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
} as const

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
  }
}

const count = (option: string, text: string, most: number): number => {
  if (!/^\d{1,10}$/.test(text) || Number(text) > most) throw new OptionError(`${option} must be 0 to ${most}, not ${text}`)
  return Number(text)
}

const positive = (option: string, text: string | undefined): number => {
  const number = text === undefined ? WITHOUT_LIMIT.count : count(option, text, WITHOUT_LIMIT.count)
  if (number === 0) throw new OptionError(`${option} must be at least 1`)
  return number
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

const size = (option: string, text: string): number => {
  const [, number = '', unit = ''] = /^(\d{1,12})([KMG]?)$/i.exec(text) ?? []
  const bytes = Number(number) * (UNITS[unit.toUpperCase()] ?? 1)
  if (bytes < 1 || bytes > WITHOUT_LIMIT.bytes) throw new OptionError(`${option} must be a size as 64K, 16M, 1G or bytes, not ${text}`)
  return bytes
}

const trustOf = (text: string): TrustedIssuer => {
  const [issuer = '', ...agents] = text.split(',').map((part) => part.trim())
  const strange = [issuer, ...agents].find((iri) => !isHttpIri(iri))
  if (strange !== undefined) throw new OptionError(`--trust: ${JSON.stringify(strange)} is no absolute http or https IRI`)
  return { issuer, jwksUri: null, agents: agents.length === 0 ? null : agents }
}

const allowOf = (text: string): string => {
  try {
    parseAllow(text)
    return text
  } catch (error) {
    throw new OptionError(`--outbound-allow: ${error instanceof Error ? error.message.replace('OUTBOUND_ALLOW: ', '') : String(error)}`)
  }
}

const baseOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') throw new OptionError(`--base must be an http or https URL, not ${text}`)
  return url.href.replace(/\/$/, '')
}

const storeOf = (text: string, environment: Readonly<NodeJS.ProcessEnv>): Store => {
  if (!text.includes('://')) return { kind: 'folder', path: resolve(text) }
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{2,62})\/?([\w.~/-]*)$/.exec(text) ?? []
  if (bucket === undefined || prefix === undefined || prefix.split('/').some((part) => part === '..')) throw new OptionError(`--store must be a folder or s3://BUCKET/PREFIX, not ${text}`)
  const { AWS_REGION: region = 'us-east-1', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken = '' } = environment
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'] ?? `https://s3.${region}.amazonaws.com`
  if (!URL.canParse(endpoint)) throw new OptionError(`AWS_ENDPOINT_URL is no URL: ${endpoint}`)
  if (!accessKeyId || !secretAccessKey) throw new OptionError('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed for a bucket')
  const folder = prefix.replace(/\/+$/, '')
  return { kind: 'bucket', access: { endpoint, region, bucket, prefix: folder === '' ? '' : `${folder}/`, accessKeyId, secretAccessKey, sessionToken, expiresAt: '9999-12-31T23:59:59Z' } }
}
