import type { Outbound, Outcome } from '../../outbound/port.ts'
import type { Resolve } from '../../outbound/resolve.ts'
import type { Claim } from '../../slot/port.ts'
import type { Reader } from '../store/port.ts'
import { serverOf } from './callback.ts'
import { connectionOf, type Connection } from './connections.ts'
import { NoToken, outgoingTokens } from './tokens.ts'

/** This server as a client of other ONE Record servers. Never throws for what they do: whatever happens is an outcome. */
export type Remote = {
  /** POST /notifications. @param id stable: sent again it is the same (Idempotency-Key) */
  notify(agent: string, id: string, notification: Buffer): Promise<Outcome>
  /** GET of a path with its query, with the answer's body. */
  get(agent: string, path: string): Promise<Outcome>
  /** Before a freeze: connections are closed; the next request makes new ones. */
  closeSockets(): void
}

type Options = {
  readonly claim: Pick<Claim, 'baseUrl' | 'access' | 'outboundAllow' | 'platform'>
  readonly holder: string
  readonly reader: () => Reader
  /** The name servers by default. */
  readonly resolve?: Resolve
}

/** A receiver's time for its answer, milliseconds. */
const TOTAL_MS = 10_000
/** Of a partner's answer that is read, bytes. */
const MAX_ANSWER = 256 * 1024
const MEDIA_TYPE = 'application/ld+json; version=2.3.0'

/** The address of an agent's server: as the holder said, else derived from its IRI. Null when it has none. */
export const endpointOf = (agent: string, connection: Connection | null): string | null => connection?.endpoint ?? serverOf(agent)

export const openRemote = ({ claim, holder, reader, resolve }: Options): Remote => {
  // loaded with its first use: many slots never call anybody
  const opening = async (): Promise<Outbound> => {
    const [{ openOutbound }, { parseAllow }] = await Promise.all([import('../../outbound/client.ts'), import('../../outbound/allow.ts')])
    const allow = parseAllow(`${claim.outboundAllow},*.${claim.platform.domain}:${claim.platform.port}`)
    return openOutbound({ allow, ownHosts: [], totalMs: TOTAL_MS, maxBodyBytes: MAX_ANSWER, ...(resolve ? { resolve } : {}) })
  }
  let opened: Promise<Outbound> | null = null
  const outbound = (): Promise<Outbound> => (opened ??= opening())
  const tokens = outgoingTokens({ claim, holder, outbound })

  const call = async (agent: string, path: string, request: Omit<Parameters<Outbound['send']>[0], 'url'>): Promise<Outcome> => {
    const connection = await connectionOf(reader(), agent)
    const server = endpointOf(agent, connection)
    if (server === null) return { kind: 'refused', reason: `${agent} is on no server: it is no web address` }
    if (server === claim.baseUrl) return { kind: 'refused', reason: `${agent} is on this server itself` }
    const send = async (): Promise<Outcome> => {
      const authorization = `Bearer ${await tokens.tokenFor(server, connection)}`
      return (await outbound()).send({ ...request, url: server + path, headers: { ...request.headers, authorization } })
    }
    try {
      const outcome = await send()
      if (outcome.kind !== 'answered' || outcome.status !== 401) return outcome
      // a key was changed, there or here: once with a fresh token
      tokens.forget(server, connection)
      return await send()
    } catch (error) {
      if (error instanceof NoToken) return { kind: 'unreachable', reason: error.message }
      throw error
    }
  }

  return {
    notify: (agent, id, notification) =>
      call(agent, '/notifications', { headers: { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE, 'idempotency-key': id }, body: notification }),
    get: (agent, path) => call(agent, path, { method: 'GET', headers: { accept: MEDIA_TYPE }, body: Buffer.alloc(0), wantsBody: true }),
    // what could not be opened has told whoever asked, and has nothing to close
    closeSockets: () => void opened?.then((open) => open.close(), () => {}),
  }
}
