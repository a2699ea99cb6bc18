import type { FunctionCall } from '../functions/function-event.ts'
import type { FunctionReply } from '../functions/run-handler.ts'
import type { LogLine, LogQuery } from './function-logs.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { SecretValue } from './secrets.ts'

/**
 * The image that runs. `reference` has its digest where a registry told it; `id` is that of an image without one, as far as this
 * host has it: a tag that is built anew counts as a new image.
 */
export type Pinned = { readonly reference: string; readonly id?: string | undefined }

/** A function as it is to run. */
export type Runnable = {
  /** `name.namespace`. */
  readonly id: string
  readonly spec: FunctionSpec
  readonly image: Pinned
  /** 0: asleep. */
  readonly replicas: number
  /** Those that it names. @throws SECRET_NOT_FOUND */
  secrets(): readonly SecretValue[]
}

/** What functions run on. The gateway decides which functions there are; a host runs them. An `id` is `name.namespace`. */
export type FunctionHost = {
  /** Told by `GET /system/info`: `in-process`, `swarm`. */
  readonly orchestration: string
  /** Names of the images it can run; empty when it can run any. */
  held(): readonly string[]
  /** Whether it could run, and which image that would be from now on. @throws IMAGE_NOT_HELD, IMAGE_NOT_FOUND, FUNCTION_INVALID, INVALID_FIELD, HOST_UNAVAILABLE */
  check(spec: FunctionSpec): Promise<Pinned>
  /**
   * Starts the function, or makes the one of that id as it is told: calls under way end on the old one. Said twice, done once.
   * Resolves when it is under way; whether it came up is told by `available` and `condition`.
   * @throws as `check`, SECRET_NOT_FOUND
   */
  run(runnable: Runnable): Promise<void>
  /** Takes no more calls for it; calls under way end. */
  remove(id: string): Promise<void>
  /** All there are to be: what was changed or removed behind the gateway's back is made good, and what is left over goes. */
  settle(all: readonly Runnable[]): Promise<void>
  /** Replicas that can answer now. */
  available(id: string): number
  usage(id: string): Usage
  /** What went well or wrong with it lately, by a name each, shown among its annotations. Empty when there is nothing to tell. */
  condition(id: string): Promise<Readonly<Record<string, string>>>
  /** @throws FUNCTION_NOT_READY; whatever the function itself does is a reply */
  invoke(id: string, call: FunctionCall): Promise<FunctionReply>
  /** Lines of all replicas, as they are asked for; null now and then where there is nothing new. */
  logs(query: LogQuery): AsyncGenerator<LogLine | null>
  /** Ends all who follow logs. */
  drain(): void
  /** Once the last call has ended. */
  close(): Promise<void>
}

/** CPU in thousandths of a core; memory in bytes. */
export type Usage = { readonly cpu: number; readonly totalMemoryBytes: number }
