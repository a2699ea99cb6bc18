import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { StorageAccess } from '../credentials/port.ts'

/** What a slot learns when it is claimed; before that it belongs to nobody and serves nothing. */
export type Claim = {
  readonly claimId: string
  readonly deploymentId: string
  readonly epoch: number
  readonly name: string
  /** Public base URL, no slash at its end: the `@id` of everything it makes begins with it. */
  readonly baseUrl: string
  readonly storage: StorageAccess
  readonly access: Access
  readonly limits: Limits
  /** `strict` refuses properties and values that the ontologies do not know in their own namespaces; `lenient` keeps them. */
  readonly strictness: 'strict' | 'lenient'
  /** What may be called besides public addresses on the ports 80 and 443, as OUTBOUND_ALLOW has it (infra/outbound/allow.ts). */
  readonly outboundAllow: string
  /** Where deployments of this playground are reached, `<scheme>://<name>.<domain>[:port]`: they may call one another. */
  readonly platform: { readonly domain: string; readonly scheme: 'http' | 'https'; readonly port: number }
}

/** Who may come in. It holds for the claim: whoever changes it claims anew. Never logged, never in an event. */
export type Access = {
  /** Everybody is the holder: for throw-away experiments. */
  readonly open: boolean
  /** What an agent may not see is said not to exist (404), instead of forbidden (403). */
  readonly hideForbidden: boolean
  /** Issuers of tokens besides this deployment and its siblings. */
  readonly trust: readonly TrustedIssuer[]
  /** The holder's own client, made with the deployment. `secretHash`: SHA-256 of the secret, hexadecimal. */
  readonly client: { readonly id: string; readonly secretHash: string }
  readonly signingKey: SigningKey
}
/** `jwksUri` null: as its discovery document says. `agents`: the logistics agents it may speak for; null is any of its own. */
export type TrustedIssuer = { readonly issuer: string; readonly jwksUri: string | null; readonly agents: readonly string[] | null }
/** What the deployment signs its tokens with: a private JWK for ES256. */
export type SigningKey = { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string; readonly d: string; readonly kid: string }

/** Sizes in bytes: of all that is stored, of one request body, of one document. */
export type Limits = { readonly storedBytes: number; readonly objects: number; readonly bodyBytes: number; readonly documentBytes: number; readonly requestsPerMinute: number }

/** What the platform hears of a record with every status. */
export type Report = {
  readonly usage: { readonly objects: number; readonly bytes: number }
  /** Limits that something was refused for since the claim began, each once. */
  readonly limited: readonly (keyof Limits)[]
  /** Erasures that are committed but not carried out in the store, oldest first, at most 16 at a time: said until `erased` tells of them. */
  readonly erasures: readonly PendingErasure[]
}
/** All content of one object (its local id) in commits up to `commit` is to be overwritten, and its documents deleted. */
export type PendingErasure = { readonly id: string; readonly object: string; readonly commit: number }

/**
 * The application inside a slot. The shell (shell.ts) owns the listener, claim header, lease, control socket and the count of
 * requests in flight; the application owns what is served. One application instance serves one claim, once.
 */
export type Application = {
  /**
   * Takes the record: commits the fence, reads the head. Resolves when it can serve. Rejects when the store fails, with an
   * error named DeposedError when a later claim, or a tombstone, has the record.
   */
  attach(claim: Claim): Promise<void>
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>
  /** Connections that change protocol (WebSocket), in flight until closed. Without it an upgrade is an ordinary request. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Fresh credentials, before the old ones lapse. */
  renew(storage: StorageAccess): void
  /** No request is in flight when this is asked. Closes outgoing sockets, ends own work; or says it cannot now. */
  quiesce(): Promise<{ readonly state: 'quiet'; readonly dueAt: string | null } | { readonly state: 'busy'; readonly reason: string }>
  /** After a thaw: own work may go on. */
  resume(): void
  /** For every status; costs nothing. */
  report(): Report
  /** The content of this erasure is gone from the store: it is pending no more. Said twice, done once. */
  erased(id: string): Promise<void>
  /** Settles when a later claim took the record: the shell answers 503 and exits. */
  readonly deposed: Promise<void>
}
