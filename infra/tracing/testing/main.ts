// A process that traces as every part does: a span every few milliseconds until its input ends; its last words are what it loaded.
import { registerHooks } from 'node:module'
import { once } from 'node:events'

const loaded: string[] = []
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    loaded.push(found.url)
    return found
  },
})
const EVERY_MS = 5

// whatever our parts are made of
await Promise.all([import('../../gateway/open.ts'), import('../../dispatcher/dispatcher.ts'), import('../../agent/agent.ts'), import('../../edge/edge.ts'), import('../../projector/run.ts')])
const { logger } = await import('../../log.ts')
const { openTracing } = await import('../open.ts')
const { endTracing, span } = await import('../span.ts')

const log = logger('probe', 'debug')
await openTracing('probe', 'probe-7', log)
const working = setInterval(() => void span('work', { kind: 'internal', parent: null, correlationId: 'c7' }, async (own) => log.info({ traceparent: own.traceparent }, 'worked')), EVERY_MS)
process.stdin.resume()
await once(process.stdin, 'end')
clearInterval(working)
await endTracing()
process.stdout.write(JSON.stringify(loaded.filter((url) => url.includes('/@opentelemetry/'))))
