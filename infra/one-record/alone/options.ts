import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { StorageAccess } from '../../credentials/port.ts'

export const HELP = `npm run one-record -- --store DIR | s3://BUCKET/PREFIX [--port N] [--host H] [--base URL] [--open [--open-to-network]]

One ONE Record server by itself: the one that every deployment of the playground is, its record in a folder or in a bucket.

--store DIR                a folder, made when it is missing
--store s3://BUCKET/PREFIX a bucket of S3 or MinIO; AWS_ENDPOINT_URL (https://s3.<region>.amazonaws.com by default), AWS_REGION,
                           AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN as usual
--port N                   port to listen on (8088)
--host H                   address to listen on (127.0.0.1)
--base URL                 how others reach it, if not http://HOST:PORT; the address of everything it makes begins with it
--name NAME                name of the data holder, of a record that is new (one-record)
--secrets FILE             key and client of this server, made at its first start, mode 0600
                           (secrets.json in DIR; of a bucket one-record.secrets.json)
--open                     nobody is asked for a token, everybody is the holder: for throw-away experiments
--open-to-network          confirms --open for an address that is not loopback

Says its address and its client id at the start, the client's secret at the very first one. Ctrl-C ends it after what is under way.
Exit code: 0 ended, 1 failed or another server took the record, 2 wrong options.
`

/** Where the record lies. A folder has nothing to sign requests with. */
export type Store = { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'bucket'; readonly access: StorageAccess }

export type Options = {
  readonly help: boolean
  readonly store: Store
  readonly port: number
  readonly host: string
  /** No slash at its end. */
  readonly base: string
  readonly name: string
  readonly secrets: string
  readonly open: boolean
}

/** An option that cannot be; its message names it. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** @param environment for the credentials of a bucket. @throws OptionError */
export const readOptions = (args: readonly string[], environment: Readonly<NodeJS.ProcessEnv>): Options => {
  const { store, port: portText, host, base, name, secrets, open, ...flags } = parse(args)
  const port = Number(portText)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new OptionError(`--port must be 0 to 65535, not ${portText}`)
  if (open && !LOOPBACK.test(host) && !flags['open-to-network']) throw new OptionError(`--open at ${host} would let everybody of the network change everything: add --open-to-network if that is meant`)
  if (!flags.help && store === undefined) throw new OptionError('--store is missing: a folder, or s3://BUCKET/PREFIX')
  const where = storeOf(store ?? '.', environment)
  return {
    help: flags.help, port, host, name, open, store: where,
    base: baseOf(base ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`),
    secrets: secrets ?? (where.kind === 'folder' ? `${where.path}/secrets.json` : 'one-record.secrets.json'),
  }
}

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        store: { type: 'string' }, port: { type: 'string', default: '8088' }, host: { type: 'string', default: '127.0.0.1' }, base: { type: 'string' }, name: { type: 'string', default: 'one-record' },
        secrets: { type: 'string' }, open: { type: 'boolean', default: false }, 'open-to-network': { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
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
