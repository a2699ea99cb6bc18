import { createHash, createHmac } from 'node:crypto'
import type { StorageAccess } from '../../credentials/port.ts'

/** One request to the object store. `path` is encoded already, `query` sorted and encoded. */
export type StoreRequest = {
  readonly method: 'GET' | 'PUT'
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** In pieces; `unsigned`: it comes as a stream, and the signature is of all but it. */
  readonly body: readonly Buffer[] | 'unsigned' | null
}

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')
const sha256Of = (body: readonly Buffer[]): string => body.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const EMPTY = sha256('')
const hashOf = (body: StoreRequest['body']): string => (body === null ? EMPTY : body === 'unsigned' ? 'UNSIGNED-PAYLOAD' : sha256Of(body))

/** Encodes a key for a path (RFC 3986, slashes kept), as the signature wants it. */
export const encodeKey = (key: string): string =>
  key.split('/').map((part) => encodeURIComponent(part).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)).join('/')

/** Headers that sign requests with AWS Signature Version 4; the day's key is derived once a day. */
export const signer = (access: StorageAccess, host: string) => {
  let day = ''
  let dayKey: Buffer = Buffer.alloc(0)
  return ({ method, path, query, headers, body }: StoreRequest, now = new Date()): Record<string, string> => {
    const time = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    if (time.slice(0, 8) !== day) {
      day = time.slice(0, 8)
      dayKey = [day, access.region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${access.secretAccessKey}`) as Buffer
    }
    const signed: Record<string, string> = {
      host,
      'x-amz-content-sha256': hashOf(body),
      'x-amz-date': time,
      ...(access.sessionToken === '' ? {} : { 'x-amz-security-token': access.sessionToken }),
    }
    const names = Object.keys(signed)
    const canonical = [method, path, query, ...names.map((name) => `${name}:${signed[name]}`), '', names.join(';'), signed['x-amz-content-sha256']].join('\n')
    const scope = `${day}/${access.region}/s3/aws4_request`
    const signature = hmac(dayKey, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex')
    return {
      ...headers, ...signed,
      authorization: `AWS4-HMAC-SHA256 Credential=${access.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    }
  }
}
