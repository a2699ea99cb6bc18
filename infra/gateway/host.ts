import type { FunctionCall } from '../functions/function-event.ts'
import type { FunctionReply } from '../functions/run-handler.ts'
import type { FunctionSpec } from './function-spec.ts'

/** What functions run on. The gateway decides which functions there are; a host runs them. */
export type FunctionHost = {
  /** Told by `GET /system/info`: `in-process`, `swarm`. */
  readonly orchestration: string
  /** Names of the images it can run; empty when it can run any. */
  held(): readonly string[]
  /** Starts the function, or replaces the one of that name: calls under way end on the old one. @throws IMAGE_NOT_HELD, FUNCTION_INVALID */
  start(spec: FunctionSpec): Promise<void>
  /** Takes no more calls for it; calls under way end. */
  stop(name: string): Promise<void>
  /** Replicas that can answer now. */
  available(name: string): number
  usage(name: string): Usage
  /** @throws FUNCTION_NOT_READY; whatever the function itself does is a reply */
  invoke(name: string, call: FunctionCall): Promise<FunctionReply>
}

/** CPU in thousandths of a core; memory in bytes. */
export type Usage = { readonly cpu: number; readonly totalMemoryBytes: number }
