import type { Kysely } from 'kysely'
import type { Agents } from '../agent/port.ts'
import type { Deployments } from '../aggregates/deployments.ts'
import type { Instances } from '../aggregates/instances.ts'
import type { Clients, Storage } from '../credentials/port.ts'
import type { Edges } from '../edge/port.ts'
import type { EventStore } from '../event-store/port.ts'
import type { Hits } from '../hits/port.ts'
import type { Payloads } from '../letters/port.ts'
import type { Log } from '../log.ts'
import type { Routes } from '../routes/port.ts'
import type { Subscribers } from '../subscriptions/port.ts'
import type { Timers } from '../timers/port.ts'

/** All that functions act through; every member is a port. The adapters are put together in connect.ts, fakes in testing.ts. */
export type Platform = {
  readonly store: EventStore
  readonly deployments: Deployments
  readonly instances: Instances
  readonly agents: Agents
  readonly edges: Edges
  readonly routes: Routes
  readonly timers: Timers
  readonly hits: Hits
  readonly storage: Storage
  /** Credentials of deployments, for their owners. */
  readonly clients: Clients
  /** Of dead letters. */
  readonly payloads: Payloads
  /** Endpoints of other services that get events. */
  readonly subscribers: Subscribers
  /** The read models, for `projections/<name>/queries.ts`. */
  readonly readModels: Kysely<unknown>
  readonly clock: () => Date
  readonly log: Log
  readonly settings: PlatformSettings
}

export type PlatformSettings = {
  readonly operatorToken: string
  /** Public base URL of a deployment by its name, without a slash at the end. */
  readonly urlOf: (name: string) => string
  /** Where a deployment gives tokens to its holder (OAuth 2.0 client credentials, RFC 6749, section 4.4). */
  readonly tokenUrlOf: (name: string) => string
  /** Whether tokens and keys may come from a URL that a deployment is to trust. */
  readonly trustsUrl: (url: string) => boolean
  readonly defaults: { readonly pauseAfterSeconds: number; readonly hibernateAfterSeconds: number }
  readonly heal: HealSettings
  readonly moves: MoveSettings
  /** How often a record is swept at most, milliseconds. */
  readonly sweepEveryMs: number
}

export type HealSettings = {
  readonly everyMs: number
  /** How long a slot may answer after its agent was last heard. */
  readonly leaseMs: number
  /** Instances of vanished nodes given up at most. */
  readonly movesPerSweep: number
  readonly movesPerMinute: number
  /** Crashes in a row within the window until a deployment has failed. */
  readonly crashes: number
  readonly crashWindowMs: number
}

export type MoveSettings = {
  /** How long a slot that another one is to follow may finish what is in flight. */
  readonly patienceMs: number
  /** Deployments of one drained node that move at the same time. */
  readonly atOnce: number
}

/** Now, RFC 3339 with milliseconds. */
export const now = ({ clock }: Pick<Platform, 'clock'>): string => clock().toISOString()

/** `at` plus so many milliseconds, RFC 3339. */
export const later = (at: string, milliseconds: number): string => new Date(Date.parse(at) + milliseconds).toISOString()
