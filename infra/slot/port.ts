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
  readonly maxBodyBytes: number
  readonly storage: StorageAccess
}

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
  /** Settles when a later claim took the record: the shell answers 503 and exits. */
  readonly deposed: Promise<void>
}
