import { z } from 'zod'
import type { FunctionCall } from '../functions/function-event.ts'
import type { FunctionReply } from '../functions/run-handler.ts'
import type { LogLine, LogQuery } from './function-logs.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { SecretValue } from './secrets.ts'

/**
 * The image that runs. `reference` has its digest where a registry told it; `id` is that of an image without one, as far as the host
 * has it: a tag that is built anew counts as a new image. `gate`: how the host may ask a replica whether it is ready, where the image
 * has no way of its own.
 */
export const pinnedSchema = z.strictObject({ reference: z.string(), id: z.string().optional(), gate: z.literal('listens').optional() })
export type Pinned = Readonly<z.output<typeof pinnedSchema>>

/** A function as it is to run. */
export type Runnable = {
  /** `name.namespace`. */
  readonly id: string
  readonly spec: FunctionSpec
  readonly image: Pinned
  /** 0: asleep. */
  readonly replicas: number
  /** When somebody last said what it is to be, RFC 3339. */
  readonly deployedAt: string
  /** Overlay network of its namespace; null: the one that namespaces without one of their own share. */
  readonly network: string | null
  /** Those that it names. @throws SECRET_NOT_FOUND */
  secrets(): readonly SecretValue[]
  /** The same function as it is wanted by now, asked of the store that gateways share; undefined: no more. @throws STORE_UNAVAILABLE, SECRET_NOT_FOUND */
  latest(): Promise<Runnable | undefined>
}

/** A body that is still on its way. */
export type Upload = {
  /** What came first. */
  readonly head: Buffer
  /** All bytes, where that was said beforehand. */
  readonly length: number | null
  /** What follows the head, once. @throws BODY_TOO_LARGE, and whatever ended the connection */
  rest(): AsyncIterable<Uint8Array>
}
/** A call as a host gets it. */
export type HostCall = Omit<FunctionCall, 'body'> & {
  readonly body: Buffer | Upload
  /** Told now and then while nobody can take the call: who sleeps is to be woken. */
  readonly waits?: () => void
}
/** What a host answers: a function's reply, of which a header may stand more than once, and whose length may be known before its bytes. */
export type HostReply = Omit<FunctionReply, 'headers'> & {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Bytes of the body; of an answer to HEAD, of the body that there would be. */
  readonly length?: number | undefined
}

/** What functions run on. The gateway decides which functions there are; a host runs them. An `id` is `name.namespace`. */
export type FunctionHost = {
  /** Told by `GET /system/info`: `in-process`, `swarm`. */
  readonly orchestration: string
  /** Names of the images it can run; empty when it can run any. */
  held(): readonly string[]
  /** Whether it takes a body that is still on its way. */
  readonly streams: boolean
  /** Whether it could run, and which image that would be from now on. @throws IMAGE_NOT_HELD, IMAGE_NOT_FOUND, FUNCTION_INVALID, INVALID_FIELD, HOST_UNAVAILABLE */
  check(spec: FunctionSpec): Promise<Pinned>
  /**
   * Starts the function, or makes the one of that id as it is told: calls under way end on the old one. Said twice, done once.
   * Resolves when it is under way; whether it came up is told by `available` and `condition`.
   * @throws as `check`, SECRET_NOT_FOUND
   */
  run(runnable: Runnable): Promise<void>
  /** Takes no more calls for it; calls under way end. `isWanted` asks the store once more: another gateway may have deployed it anew. */
  remove(id: string, isWanted: () => Promise<boolean>): Promise<void>
  /** All there are to be: what was changed or removed behind the gateway's back is made good, and what is left over goes. */
  settle(all: () => readonly Runnable[], isWanted: (id: string) => Promise<boolean>): Promise<void>
  /** Whether a call of it is under way, or waits, through this gateway. */
  busy(id: string): boolean
  /** Replicas that can answer now. */
  available(id: string): number
  /** undefined: none of its replicas tells. */
  usage(id: string): Promise<Usage | undefined>
  /** What went well or wrong with it lately, by a name each, shown among its annotations. Empty when there is nothing to tell. */
  condition(id: string): Promise<Readonly<Record<string, string>>>
  /** @throws FUNCTION_NOT_READY, FUNCTION_STARTING, FUNCTION_BROKE_OFF; whatever the function itself does is a reply */
  invoke(id: string, call: HostCall): Promise<HostReply>
  /** Lines of all replicas, as they are asked for; null now and then where there is nothing new. */
  logs(query: LogQuery): AsyncGenerator<LogLine | null>
  /** Ends all who follow logs. */
  drain(): void
  /** Once the last call has ended. */
  close(): Promise<void>
}

/** CPU in thousandths of a core; memory in bytes. */
export type Usage = { readonly cpu: number; readonly totalMemoryBytes: number }
