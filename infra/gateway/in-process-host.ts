import { failure } from '../../events/errors.ts'
import type { FunctionHandler } from '../functions/handler.ts'
import { runHandler, type Identity } from '../functions/run-handler.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { FunctionHost, Usage } from './host.ts'

/** Image repository (without its tag) -> how its handler is loaded. */
export type HeldImages = ReadonlyMap<string, () => Promise<FunctionHandler>>

type Running = { readonly handler: FunctionHandler; readonly identity: Identity }

/**
 * Runs functions inside the gateway's own process: no container, no socket, so a call costs a function call. An image is
 * loaded once; whatever its tag says, what runs is the source this process was started from. Limits, requests, constraints
 * and `envProcess` have no meaning here; `envVars` reach the handler as `context.environment`.
 */
export const inProcessHost = (images: HeldImages): FunctionHost => {
  const functions = new Map<string, Running>()
  return {
    orchestration: 'in-process',
    held: () => [...images.keys()],
    start: async (spec) => {
      const handler = await load(images, spec)
      functions.set(spec.service, { handler, identity: { name: spec.service, environment: spec.envVars } })
    },
    stop: async (name) => void functions.delete(name),
    available: (name) => (functions.has(name) ? 1 : 0),
    usage: ownUsage,
    invoke: async (name, call) => {
      const running = functions.get(name)
      if (!running) throw failure('FUNCTION_NOT_READY', { name })
      return runHandler(running.handler, call, running.identity)
    },
  }
}

const load = async (images: HeldImages, { image }: FunctionSpec): Promise<FunctionHandler> => {
  const importHandler = images.get(repositoryOf(image))
  if (!importHandler) throw failure('IMAGE_NOT_HELD', { image, held: [...images.keys()].join(', ') || 'none' })
  return importHandler()
}

/** `registry:5000/a/b:tag@sha256:...` -> `registry:5000/a/b`. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')

/** The process's own, over its whole life: it cannot be told apart by function. */
const ownUsage = (): Usage => {
  const { user, system } = process.cpuUsage()
  return { cpu: Math.round((user + system) / 1_000 / process.uptime()), totalMemoryBytes: process.memoryUsage.rss() }
}
