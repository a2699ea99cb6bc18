import type { FunctionCall } from '../functions/function-event.ts'
import type { FunctionReply } from '../functions/run-handler.ts'
import type { FunctionSpec } from './function-spec.ts'

/** What functions run on. The gateway decides which functions there are; a host runs them. An `id` is `name.namespace`. */
export type FunctionHost = {
  /** Told by `GET /system/info`: `in-process`, `swarm`. */
  readonly orchestration: string
  /** Names of the images it can run; empty when it can run any. */
  held(): readonly string[]
  /** Whether `start` could run it. @throws IMAGE_NOT_HELD, FUNCTION_INVALID */
  check(spec: FunctionSpec): Promise<void>
  /**
   * Starts the function, or replaces the one of that id: calls under way end on the old one. `secretsFolder` holds the secrets it
   * names, a file each; null when it names none. @throws IMAGE_NOT_HELD, FUNCTION_INVALID
   */
  start(spec: FunctionSpec, secretsFolder: string | null): Promise<void>
  /** Takes no more calls for it; calls under way end. */
  stop(id: string): Promise<void>
  /** Replicas that can answer now. */
  available(id: string): number
  usage(id: string): Usage
  /** @throws FUNCTION_NOT_READY; whatever the function itself does is a reply */
  invoke(id: string, call: FunctionCall): Promise<FunctionReply>
}

/** CPU in thousandths of a core; memory in bytes. */
export type Usage = { readonly cpu: number; readonly totalMemoryBytes: number }
