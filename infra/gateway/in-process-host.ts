import { failure } from '../../events/errors.ts'
import type { FunctionHandler } from '../functions/handler.ts'
import { runHandler, type Identity } from '../functions/run-handler.ts'
import { wholeBody } from './body.ts'
import type { FunctionLogs } from './function-logs.ts'
import type { FunctionSpec } from './function-spec.ts'
import type { FunctionHost, Usage } from './host.ts'
import type { SecretFiles } from './secret-files.ts'

/** Image repository (without its tag) -> how its handler is loaded. */
export type HeldImages = ReadonlyMap<string, () => Promise<FunctionHandler>>

type Running = { readonly handler: FunctionHandler; readonly identity: Identity }

/** Where a function finds its secrets, a file each, as OpenFaaS's own clients have it. */
const SECRETS_VARIABLE = 'secret_mount_path'

/**
 * Runs functions inside the gateway's own process: no container, no socket, so a call costs a function call. An image is
 * loaded once; whatever its tag says, what runs is the source this process was started from. There is one replica in each
 * gateway, however many are wanted. Limits, requests, constraints and `envProcess` have no meaning here; `envVars` reach the
 * handler as `context.environment`.
 */
export const inProcessHost = (images: HeldImages, logs: FunctionLogs, files: SecretFiles): FunctionHost => {
  const functions = new Map<string, Running>()
  const stop = async (id: string) => {
    functions.delete(id)
    await files.withdraw(id)
  }
  return {
    orchestration: 'in-process',
    held: () => [...images.keys()],
    streams: false,
    check: async (spec) => {
      await load(images, spec)
      return { reference: spec.image }
    },
    run: async ({ id, spec, replicas, secrets }) => {
      if (replicas === 0) return stop(id)
      try {
        const handler = await load(images, spec)
        const environment = spec.secrets.length === 0 ? spec.envVars : { [SECRETS_VARIABLE]: await files.write(id, secrets()), ...spec.envVars }
        functions.set(id, { handler, identity: { name: spec.service, environment } })
      } catch (error) {
        await stop(id)
        throw error
      }
    },
    remove: async (id) => {
      await stop(id)
      logs.forget(id)
    },
    settle: async () => {}, // nobody else has hands on what runs in here
    busy: () => false, // to sleep frees nothing here
    available: (id) => (functions.has(id) ? 1 : 0),
    usage: async (id) => (functions.has(id) ? ownUsage() : NONE),
    condition: async () => ({}),
    invoke: async (id, given) => {
      const running = functions.get(id)
      if (!running) throw failure('FUNCTION_NOT_READY', { name: id })
      const call = { ...given, body: await wholeBody(given.body) }
      const began = performance.now()
      const reply = await logs.during(id, () => runHandler(running.handler, call, running.identity))
      logs.add(id, `${call.method} ${call.path} - ${reply.status} (${((performance.now() - began) / 1_000).toFixed(4)}s) [${call.headers['x-call-id'] ?? ''}]`)
      return reply
    },
    logs: (query) => logs.read(query),
    drain: () => logs.close(),
    close: async () => {},
  }
}

const load = async (images: HeldImages, { image }: FunctionSpec): Promise<FunctionHandler> => {
  const importHandler = images.get(repositoryOf(image))
  if (!importHandler) throw failure('IMAGE_NOT_HELD', { image, held: [...images.keys()].join(', ') || 'none' })
  return importHandler()
}

/** `registry:5000/a/b:tag@sha256:...` -> `registry:5000/a/b`. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')

const NONE: Usage = { cpu: 0, totalMemoryBytes: 0 }

/** The process's own, over its whole life: it cannot be told apart by function. */
const ownUsage = (): Usage => {
  const { user, system } = process.cpuUsage()
  return { cpu: Math.round((user + system) / 1_000 / process.uptime()), totalMemoryBytes: process.memoryUsage.rss() }
}
