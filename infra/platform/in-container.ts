import { hostname } from 'node:os'
import type { FunctionHandler } from '../functions/handler.ts'
import { logger } from '../log.ts'
import { openMetrics } from '../metrics/open.ts'
import { openTracing } from '../tracing/open.ts'
import { endTracing, span } from '../tracing/span.ts'
import { storyOf } from '../tracing/story.ts'
import { closePlatform, onPlatform } from './connect.ts'

/** Where a container finds its secrets. */
const SECRETS_DIR = '/var/openfaas/secrets'
/** The part that functions are to the broker, to metrics and to traces, wherever they run. */
const PART = 'functions'

/**
 * A function of ours in a container of its own: what the gateway's process does for it otherwise. Its calls belong to the trace and the
 * story they came with, its metrics are told when they are asked for, and `close` gives back its connections.
 */
export const inContainer = (handler: FunctionHandler): { readonly handler: FunctionHandler; close(): Promise<void> } => {
  process.env['SECRETS_DIR'] ||= SECRETS_DIR
  process.env['PART_NAME'] ||= hostname()
  const instance = process.env['PART_NAME']
  const log = logger(PART)
  const traced = openTracing(PART, instance, log)
  onPlatform((connection) => openMetrics(connection, PART, instance, log))
  return {
    handler: async (event, context) => {
      await traced
      return span(`function ${context.name}`, { ...storyOf(event.headers), kind: 'server', attributes: { 'faas.name': context.name } }, async () => handler(event, context))
    },
    close: async () => {
      await closePlatform()
      await endTracing()
    },
  }
}
