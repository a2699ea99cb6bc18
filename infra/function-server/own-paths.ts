import type { IncomingMessage } from 'node:http'
import { failure } from '../../events/errors.ts'
import type { FunctionReply } from '../functions/answer-call.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** How long a check that waits is held. */
const HOLD_MS = 10_000

/**
 * What comes through a gateway is the function's, whatever its path: gateways give every call an id. So nobody outside reads a
 * function's metrics, and a function may have a path `/_/` of its own.
 */
export const isOwn = ({ url = '', headers }: IncomingMessage): boolean => url.startsWith('/_/') && headers['x-call-id'] === undefined

/**
 * The server's own paths. `/_/health`: the event loop turns. `/_/ready`: the handler is loaded and nobody is about to end this.
 * `/_/ready?wait`: the same for a check that is a process each time (a container's HEALTHCHECK): the first one that finds it ready
 * is answered at once, every other after ten seconds or when that ends. So a container counts as healthy a quarter of a second after
 * it is, and costs one process in ten seconds from then on. `/_/metrics`: for Prometheus.
 */
export const ownPaths = (readiness: Readiness, metrics: Metrics) => {
  let wasTold = false
  const ready = async (mayWait: boolean): Promise<FunctionReply> => {
    if (mayWait && wasTold && readiness.state() === 'ready') await readiness.changed(HOLD_MS)
    const state = readiness.state()
    if (mayWait && state === 'ready') wasTold = true
    return state === 'ready' ? text(200, 'ready') : text(503, state)
  }
  return async ({ url = '', method = '' }: IncomingMessage): Promise<FunctionReply> => {
    const [path = '', query = ''] = url.split('?')
    if (!['/_/health', '/_/ready', '/_/metrics'].includes(path)) throw failure('NOT_FOUND', { path })
    if (method !== 'GET' && method !== 'HEAD') throw failure('METHOD_NOT_ALLOWED', { method, path, allowed: 'GET, HEAD' })
    if (path === '/_/health') return text(200, 'OK')
    return path === '/_/ready' ? ready(query === 'wait') : { ...text(200, metrics.text()), headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }
  }
}

const text = (status: number, said: string): FunctionReply => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(said) })
