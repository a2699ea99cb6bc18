import type { RecordedEvent } from '../../events/envelope.ts'
import type { Settings } from '../../events/deployment/settings.ts'
import type { Status } from '../../events/states.ts'
import { now } from '../../infra/platform/port.ts'
import { testPlatform, type TestPlatform, type TestPlatformOptions } from '../../infra/platform/testing.ts'
import { deliver, deliveryOfEvent } from '../../infra/platform/testing/deliver.ts'
import { testDispatcher, type RunOptions } from '../../infra/platform/testing/dispatcher.ts'
import { apiOf } from './api.ts'
import { REACTIONS } from './reactions.ts'

/** A whole playground in memory: the API, the functions behind it, their dispatcher and a clock that can be moved on. */
export const playground = (options: TestPlatformOptions = {}) => {
  const platform = testPlatform(options)
  const api = apiOf(platform)
  const dispatcher = testDispatcher(platform, REACTIONS)
  const { run } = dispatcher

  /** Lets time pass, stopping wherever a timer comes due. */
  const pass = async (milliseconds: number, how: RunOptions = {}): Promise<void> => {
    const end = Date.parse(now(platform)) + milliseconds
    await run(how)
    for (;;) {
      const due = platform.timers.next()
      const stop = due === null ? end : Math.min(end, Math.max(Date.parse(due), Date.parse(now(platform))))
      platform.advance(stop - Date.parse(now(platform)))
      await run(how)
      if (stop === end) return
    }
  }

  return {
    ...dispatcher,
    platform,
    api,
    pass,
    /** Asks for a deployment; nothing has reacted to it yet. Resolves to its id. */
    request: async (name = 'demo', settings: Partial<Settings> = {}): Promise<string> => (await api('POST', '/', { name, settings })).json.id,
    /** A visitor comes to the waker, which knows what the route says. */
    hit: async (deploymentId: string): Promise<void> => {
      const route = await platform.routes.get(deploymentId)
      await platform.hits.publish({ deploymentId, claimId: route?.claimId ?? null, since: now(platform) })
    },
    status: async (deploymentId: string): Promise<Status> => (await platform.deployments.load(deploymentId)).status,
    /** The newest event of a type. @throws Error when there is none */
    newest: (type: string): Promise<RecordedEvent> => newest(platform, type),
    /** Hands the newest event of a type to a function once more, or for the first time. */
    redeliver: async (name: keyof typeof REACTIONS, type: string, attempt = 1): Promise<void> =>
      deliver(REACTIONS[name], deliveryOfEvent(await newest(platform, type)), platform, { as: name, attempt }),
  }
}
export type Playground = ReturnType<typeof playground>

/** Everything in the store, oldest first. */
export const history = async ({ store }: Pick<TestPlatform, 'store'>): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = []
  for await (const event of store.readAll()) events.push(event)
  return events
}

/** The types of everything in the store, oldest first. */
export const told = async (platform: TestPlatform): Promise<readonly string[]> => (await history(platform)).map(({ type }) => type)

const newest = async (platform: TestPlatform, type: string): Promise<RecordedEvent> => {
  const found = (await history(platform)).findLast((event) => event.type === type)
  if (!found) throw new Error(`no ${type} has happened`)
  return found
}
