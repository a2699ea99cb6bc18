import type { RunFile } from './run-files.ts'

/** How one process is started. */
export type Launch = {
  readonly file: string
  readonly args: readonly string[]
  /** Added to the environment of the supervisor. */
  readonly env?: Readonly<Record<string, string>>
  /** Scheduling priority, -20 to 19, 0 by default: the higher the later. What visitors wait for goes first. */
  readonly nice?: number
  /** Run as another user, where that is needed. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** A part of the playground: one process that is kept running. */
export type Part = {
  readonly name: string
  /** Our own end before the servers they write to. */
  readonly role: 'own' | 'server'
  /** Names of parts that are ready before this is started. */
  readonly after: readonly string[]
  /** Run before each start; `once` runs a process to its end, under the same watch. */
  prepare?(once: (launch: Launch) => Promise<void>): Promise<void>
  readonly launch: Launch
  /** It serves when it printed such a line, or when the question is answered with true. */
  readonly ready: { readonly line: (line: string) => boolean } | { readonly ask: () => Promise<boolean> }
  readonly stopSignal: RunFile['stopSignal']
}

/** A failure for whoever started the playground: the message says it all, no stack. */
export class StartError extends Error {}
