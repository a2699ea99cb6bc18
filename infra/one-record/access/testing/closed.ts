import { openClaim } from '../../../slot/open-claim.ts'
import type { Claim } from '../../../slot/port.ts'
import type { MinioServer } from '../../../testing/servers.ts'
import { serve, type Served } from '../../testing/serve.ts'
import type { ClaimOptions } from '../../testing/store.ts'
import { hashOf } from '../clients/clients.ts'
import { signToken } from '../issuer/sign.ts'

export const OWNER = { id: 'owner', secret: 'a secret of the owner' }

/** Settings of a deployment that asks everybody for a token. */
export const closedSettings = (access: Partial<Claim['access']> = {}, more: ClaimOptions['settings'] = {}): NonNullable<ClaimOptions['settings']> => ({
  ...more,
  access: { ...openClaim().access, open: false, client: { id: OWNER.id, secretHash: hashOf(OWNER.secret) }, ...access },
})

/** A served application that asks everybody for a token. */
export const serveClosed = (minio: MinioServer, access: Partial<Claim['access']> = {}, more: ClaimOptions['settings'] = {}): Promise<Served> =>
  serve(minio, { settings: closedSettings(access, more) })

export const holderOf = ({ base }: Pick<Served, 'base'>): string => `${base}/logistics-objects/_data-holder`

/** A token of the deployment itself for its holder. */
export const holderToken = ({ claim, base }: Pick<Served, 'claim' | 'base'>): Promise<string> =>
  signToken(claim, { client: OWNER.id, agent: holderOf({ base }), audience: base })

/** Requests with a token, or without one. */
export const caller = ({ address, base }: Pick<Served, 'address' | 'base'>, token: string | null) => {
  const at = (path: string): string => address + (path.startsWith(base) ? path.slice(base.length) : path)
  const send = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => fetch(at(path), {
    method, headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), 'content-type': 'application/ld+json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const must = async (status: number, method: string, path: string, body?: unknown): Promise<Response> => {
    const answer = await send(method, path, body)
    if (answer.status !== status) throw new Error(`${method} ${path} answers ${answer.status}: ${await answer.text()}`)
    return answer
  }
  return {
    send,
    /** As `send`, and the status must be this. */
    must,
    status: async (method: string, path: string, body?: unknown) => (await send(method, path, body)).status,
    json: async <T = unknown>(path: string): Promise<T> => (await must(200, 'GET', path)).json() as Promise<T>,
    /** Makes an object, resolves to its IRI. */
    make: async (body: unknown): Promise<string> => (await must(201, 'POST', '/logistics-objects', body)).headers.get('location') ?? '',
  }
}
export type Caller = ReturnType<typeof caller>

export const PIECE = { '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'roses' }
