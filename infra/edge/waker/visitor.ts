import type { CatalogueError } from '../../../events/errors.ts'
import type { Route } from '../../routes/port.ts'

/** Somebody who wants a deployment: a request, or one that asks for a WebSocket. */
export type Visitor = {
  readonly deploymentId: string
  /** The claim HAProxy knew it by. */
  readonly counted: string
  /** Milliseconds since 1970. */
  readonly arrivedAt: number
  /** The trace it came with; null when it came with none. */
  readonly traceparent: string | null
  /**
   * Passes it on to the slot. Resolves to false when it is still to be answered: nobody accepts the connection there, or it is
   * the slot of another claim.
   */
  forward(route: Route & { readonly address: string; readonly claimId: string }): Promise<boolean>
  refuse(error: CatalogueError): void
  /** Called at once if it went away already. */
  onGone(listener: () => void): void
}
