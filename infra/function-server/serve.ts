import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentCall } from './calls.ts'
import { drain } from './drain.ts'
import { handlerModule } from './handler-module.ts'
import { hearConsole, openLines, told } from './lines.ts'
import { openMetrics } from './metrics.ts'
import { readiness } from './readiness.ts'
import { functionServer } from './server.ts'
import { readSettings, type Settings } from './settings.ts'

/** Where a function finds its secrets, a file each, as OpenFaaS's own clients have it. */
const SECRETS = { secret_mount_path: '/var/openfaas/secrets' }
/** Longest wait for the function's own `close`, milliseconds. */
const CLOSE_MS = 5_000

/**
 * Serves one function for the life of this process. `load` imports its module; `name` is what it is called where nobody deployed it.
 * SIGTERM, and an exception that nobody caught, end it gracefully: docs/functions.md.
 */
export const serve = async (load: () => Promise<unknown>, name: string): Promise<void> => {
  const write = (line: string) => process.stdout.write(line)
  const settings = settingsOr((error) => {
    openLines({ name, maxLines: 0, write }).error(told(error), 'the function cannot be served')
    process.exit(1)
  }, name)
  const lines = openLines({ name: settings.name, maxLines: settings.maxLines, write })
  process.stdout.on('error', () => {}) // nobody reads what is logged: that is no reason not to serve
  if (settings.jsonConsole) hearConsole(lines)
  const [metrics, ready] = [openMetrics(), readiness()]
  const environment = Object.freeze({ ...SECRETS, ...process.env }) as Readonly<Record<string, string>>

  const loading = Promise.withResolvers<ReturnType<typeof handlerModule>>()
  const server = functionServer({ settings, environment, loading: loading.promise, readiness: ready, metrics, lines })
  const longestMs = settings.execTimeoutMs || 2 ** 31 - 1

  let isEnding = false
  const end = async (code: number) => {
    if (isEnding) return
    isEnding = true
    await drain({ server, metrics, readiness: ready, quietMs: settings.quietMs, longestMs })
    const closing = loading.promise.then(({ close }) => close())
    await Promise.race([closing, sleep(CLOSE_MS)]).catch((error: unknown) => lines.error(told(error), 'the function could not be closed'))
    process.exit(code)
  }
  process.on('SIGTERM', () => void end(0)).on('SIGINT', () => void (isEnding ? process.exit(130) : end(0)))
  process.on('unhandledRejection', (error) => {
    metrics.fault('unhandled_rejection')
    lines.error(told(error), 'a promise was rejected and nobody handled it')
  })
  process.on('uncaughtException', (error) => {
    metrics.fault('uncaught_exception')
    lines.error(told(error), 'an exception was not caught: the process ends when its other calls have ended')
    currentCall()?.fail(error)
    void end(1)
  })

  server.listen({ port: settings.port, ...(settings.address ? { host: settings.address } : {}) })
  await once(server, 'listening')
  try {
    loading.resolve(handlerModule(await load()))
    await loading.promise
  } catch (error) {
    lines.error(told(error), 'the function cannot be loaded')
    process.exit(1)
  }
  if (ready.state() === 'loading') ready.set('ready')
  const address = server.address()
  lines.info({ port: typeof address === 'object' ? address?.port : address, ready: true }, 'ready')
}

const settingsOr = (giveUp: (error: unknown) => never, name: string): Settings => {
  try {
    return readSettings(process.env, name)
  } catch (error) {
    return giveUp(error)
  }
}
