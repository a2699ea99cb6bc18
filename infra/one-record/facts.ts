import type { Server } from './endpoints/server.ts'
import { indexForSearch } from './holder/search-index.ts'
import type { Graph } from './json-ld/graph.ts'
import { notify } from './notifications/enqueue.ts'
import type { Transaction } from './store/port.ts'

/** About which logistics object: its id, its IRI and its classes (IRIs). */
type About = { readonly id: string; readonly iri: string; readonly types: readonly string[] }
/** `agent`: IRI of who did it. */
type By = { readonly agent: string }

export type ObjectFact = About & By & {
  readonly kind: 'object-created' | 'object-updated' | 'object-erased'
  /** Null before it was created, and after it was erased. */
  readonly before: Graph | null
  readonly after: Graph | null
  /** IRIs of the properties that changed. */
  readonly changed: readonly string[]
  /** IRI of the action request that did it. */
  readonly triggeredBy: string | null
}
export type EventFact = About & By & {
  readonly kind: 'event-received'
  /** IRI of the logistics event. */
  readonly event: string
  readonly eventTypes: readonly string[]
}
export type RequestFact = By & {
  readonly kind: 'request-changed'
  /** IRI of the action request. */
  readonly request: string
  /** IRI of its class, `api:ChangeRequest` and others. */
  readonly type: string
  /** Its new status, `REQUEST_PENDING` and others. */
  readonly status: string
  /** IRI of the logistics object that it is about. */
  readonly object: string | null
  /** IRI of the agent who asked. */
  readonly requestedBy: string
  /** Whether it asked to be told (`notifyRequestStatusChange`). */
  readonly notify: boolean
}
export type AccessFact = About & By & {
  readonly kind: 'access-granted'
  /** IRI of the agent who may now. */
  readonly to: string
}

/** Something that changed in the record, for all that follows from it. */
export type Fact = ObjectFact | EventFact | RequestFact | AccessFact

/** What follows from facts, in the same commit. */
export type Consequence = (tx: Transaction, server: Server, fact: Fact) => Promise<void>

const CONSEQUENCES: readonly Consequence[] = [indexForSearch, notify]

/** Tells everybody whom a change concerns, in the transaction that makes it: all of it is one commit. @throws what a consequence throws */
export const tell = async (tx: Transaction, server: Server, fact: Fact): Promise<void> => {
  for (const follow of CONSEQUENCES) await follow(tx, server, fact)
}
