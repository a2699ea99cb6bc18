import { AwsClient } from 'aws4fetch'

/** The object store with the root user's rights. Only the minting service holds it. */
export type Root = {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** A signed request; `path` is below the endpoint, with a leading slash. */
  send(method: string, path: string, options?: { readonly body?: string | Uint8Array<ArrayBuffer>; readonly headers?: Readonly<Record<string, string>>; readonly service?: 's3' | 'sts' }): Promise<Response>
}

export type RootOptions = {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly user: string
  readonly password: string
  /** Of credentials that somebody minted. */
  readonly sessionToken?: string
}

const TIMEOUT_MS = 10_000

export const connectRoot = ({ endpoint, region, bucket, user, password, sessionToken = '' }: RootOptions): Root => {
  const client = new AwsClient({ accessKeyId: user, secretAccessKey: password, region, retries: 0, ...(sessionToken === '' ? {} : { sessionToken }) })
  return {
    endpoint, region, bucket,
    send: (method, path, { body, headers, service = 's3' } = {}) =>
      client.fetch(`${endpoint}${path}`, {
        method, signal: AbortSignal.timeout(TIMEOUT_MS), aws: { service },
        ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}),
      }),
  }
}

/** The body of a successful answer. @throws Error with status, code and message of the store's error */
export const text = async (answer: Response, doing: string): Promise<string> => {
  const body = await answer.text()
  if (!answer.ok) throw new Error(`${doing}: ${answer.status} ${first(body, 'Code') ?? ''} ${first(body, 'Message') ?? ''}`.trimEnd())
  return body
}

/**
 * Texts of all elements of a name in the store's XML answers. They are flat, without attributes or CDATA inside the elements
 * read here, and keys are asked for URL-encoded, so a pattern is enough.
 */
export const all = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map((match) => unescaped(match[1] ?? ''))

export const first = (xml: string, element: string): string | undefined => all(xml, element)[0]

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#34': '"', '#39': "'" }
const unescaped = (value: string): string => value.replaceAll(/&([a-z]+|#\d+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
