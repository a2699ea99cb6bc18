import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../../../log.ts'
import type { Engine } from '../engine.ts'
import { LABEL } from '../labels.ts'
import type { RoutingTable } from './table.ts'

/** Of `GET /events` (Engine API 1.41), what is read here. */
const eventSchema = z.object({ Type: z.string(), Action: z.string(), Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }) })
export type EngineEvent = z.output<typeof eventSchema>

/** Health checks begin and end several times a second: what is not named here is not told. */
const FILTERS = JSON.stringify({ type: ['service', 'node', 'container'], event: ['create', 'update', 'remove', 'start', 'kill', 'die', 'health_status'] })
const TASK_ID = 'com.docker.swarm.task.id'
/** Signals that end a container: SIGHUP, SIGUSR1 and the like do not. */
const ENDING: ReadonlySet<string> = new Set(['2', '3', '9', '15'])
const AGAIN_MS = 1_000

type Heard = { readonly table: Pick<RoutingTable, 'ends' | 'removed'>; readonly suspect: () => void; readonly log: Log }

/** Follows the engine's events until `signal` aborts. Each time it listens anew all is asked for: what happened between was not heard. */
export const followEvents = async (engine: Engine, scope: string, heard: Heard, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      const stream = (await engine.getEvents({ filters: FILTERS })) as IncomingMessage
      const lines = createInterface({ input: stream })
      signal.addEventListener('abort', () => (lines.close(), stream.destroy()), { once: true }) // a stream that is cut ends no lines by itself
      heard.suspect()
      for await (const line of lines) take(line, scope, heard)
    } catch (error) {
      if (!signal.aborted) heard.log.debug({ err: error }, 'the engine\'s events cannot be heard')
    }
    await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => {}) // aborted: the loop ends
  }
}

const take = (line: string, scope: string, heard: Heard): void => {
  try {
    hear(eventSchema.parse(JSON.parse(line)), scope, heard)
  } catch (error) {
    heard.log.warn({ err: error }, 'an event of the engine cannot be read')
  }
}

/** What an event means: a removed service and an ending container of this node take no more calls; of all else the tasks tell more. */
export const hear = ({ Type: type, Action: action, Actor: { ID: id, Attributes: attributes } }: EngineEvent, scope: string, { table, suspect }: Omit<Heard, 'log'>): void => {
  const { name = '', signal = '', [TASK_ID]: taskId, [LABEL.function]: functionId } = attributes ?? {}
  if (type === 'service' && name.startsWith(`${scope}_`)) {
    if (action === 'remove') table.removed(id)
    suspect()
  } else if (type === 'node' && (attributes?.['state.new'] !== undefined || attributes?.['availability.new'] !== undefined)) suspect()
  else if (type === 'container' && taskId !== undefined && functionId !== undefined) {
    if (action === 'die' || (action === 'kill' && ENDING.has(signal))) table.ends(taskId)
    suspect()
  }
}
