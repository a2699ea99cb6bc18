import type { FunctionHandler } from '../functions/handler.ts'

/** What the module of a function offers. */
export type HandlerModule = {
  readonly handler: FunctionHandler
  /** Its export `close`: called when the last call has been answered, before the process ends. */
  readonly close: () => unknown
}

/** Reads `export default`, `module.exports`, or what a compiler makes of the former. @throws Error that says what is missing */
export const handlerModule = (loaded: unknown): HandlerModule => {
  const layers = [loaded, at(loaded, 'default'), at(at(loaded, 'default'), 'default')]
  const handler = layers.find((layer) => typeof layer === 'function')
  if (!handler) throw new Error('the handler has no default export that is a function: export default async (event, context) => { ... }')
  const close = layers.map((layer) => at(layer, 'close')).find((layer) => typeof layer === 'function')
  return { handler: handler as FunctionHandler, close: (close ?? (() => {})) as () => unknown }
}

const at = (value: unknown, key: string): unknown =>
  (typeof value === 'object' && value !== null) || typeof value === 'function' ? (value as Readonly<Record<string, unknown>>)[key] : undefined
