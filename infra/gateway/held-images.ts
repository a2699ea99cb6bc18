import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { failure } from '../../events/errors.ts'
import type { FunctionHandler } from '../functions/handler.ts'
import type { HeldImages } from './in-process-host.ts'

const moduleSchema = z.object({ default: z.custom<FunctionHandler>((value) => typeof value === 'function') })

/** As it is written, or as it was bundled. */
const HANDLER_FILES = ['handler.ts', 'handler.mjs']

/** The image `<prefix>/<name>` for each folder `<name>` that has a handler. */
export const imagesOfFolder = (folder: string, prefix: string): HeldImages =>
  new Map(
    readdirSync(folder).flatMap((name) => {
      const file = HANDLER_FILES.map((one) => resolve(folder, name, one)).find((path) => existsSync(path))
      return file ? [[`${prefix}/${name}`, () => importHandler(file)] as const] : []
    }),
  )

/** Imported once per process: later calls get the same module. */
const importHandler = async (path: string): Promise<FunctionHandler> => {
  const loaded: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw failure('FUNCTION_INVALID', { reason: `${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}` }, cause)
  })
  const result = moduleSchema.safeParse(loaded)
  if (!result.success) throw failure('FUNCTION_INVALID', { reason: `${path} has no default export that is a function` })
  return result.data.default
}
