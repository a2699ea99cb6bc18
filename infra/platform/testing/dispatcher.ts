import { fileURLToPath } from 'node:url'
import { kindOf } from '../../../events/errors.ts'
import { toSubscriber } from '../../dispatcher/subscriber.ts'
import { readStack } from '../../gateway/stack.ts'
import { subjectMatches } from '../../nats/subject-matches.ts'
import { routesView } from '../../routes/view.ts'
import type { TestPlatform } from '../testing.ts'
import { deliver, deliveryOfEvent, type AnyReaction } from './deliver.ts'
import type { TestDelivery } from './messages.ts'

export type Reactions = Readonly<Record<string, AnyReaction>>
export type RunOptions = {
  /** Which of so many waiting messages is next; the oldest by default. */
  readonly pick?: (waiting: number) => number
  /** Whether a message that was handled comes a second time, at any later moment; never by default. */
  readonly again?: () => boolean
  /** Stops after so many deliveries, whatever waits. */
  readonly deliveries?: number
}
export type Parked = { readonly function: string; readonly delivery: TestDelivery; readonly error: unknown }

type Subscription = { readonly function: string; readonly react: AnyReaction; readonly subjects: readonly string[]; readonly types: readonly string[] | undefined; readonly maxAttempts: number }
type Work = { readonly to: Subscription; readonly lane: string; readonly delivery: TestDelivery; readonly attempt: number }

/** A healthy platform comes to rest long before so many deliveries. */
const TOO_MANY = 5_000

/** The subscriptions as the annotations of stack.yml say them. @throws Error for a function that has no reaction here */
export const subscriptionsOf = (reactions: Reactions): readonly Subscription[] =>
  readStack(fileURLToPath(new URL('../../../stack.yml', import.meta.url)), {}).flatMap(({ service, annotations }) => {
    const { subscriber, problems } = toSubscriber({ name: service, annotations })
    if (!subscriber) return []
    const react = reactions[service]
    if (!react || problems.length > 0) throw new Error(`${service}: ${problems.join('; ') || 'has no reaction here'}`)
    return [{ function: service, react, subjects: [...subscriber.subjects.values()].flat(), types: subscriber.types, maxAttempts: subscriber.maxAttempts }]
  })

/**
 * Plays the dispatcher and the edge's follower of routes: everything is delivered to the functions that stack.yml names, in order
 * within function and aggregate, at least once, until nothing is left. Time stands still meanwhile.
 */
export const testDispatcher = (platform: TestPlatform, reactions: Reactions) => {
  const subscriptions = subscriptionsOf(reactions)
  const view = routesView()
  const { put } = platform.routes // the follower's own: what a test makes of the functions' does not reach it
  const parked: Parked[] = []
  let waiting: readonly Work[] = []
  let position: string | undefined
  let late = 0

  const collect = async (): Promise<void> => {
    const fresh: TestDelivery[] = []
    for await (const event of platform.store.readAll(position === undefined ? {} : { after: position })) {
      position = event.position
      fresh.push(deliveryOfEvent(event))
      const route = view.apply(event)
      if (route) await put(route)
    }
    fresh.push(...(await platform.timers.take()), ...platform.hits.take())
    const wanted = fresh.flatMap((delivery) => subscriptions.filter((to) => takes(to, delivery)).map((to) => ({ to, delivery, attempt: 1, lane: `${to.function} ${delivery.subject}` })))
    waiting = [...waiting, ...wanted]
  }

  /** The first of each lane: its followers wait. */
  const heads = (): readonly Work[] => waiting.filter((work, index) => waiting.findIndex(({ lane }) => lane === work.lane) === index)

  const handle = async (work: Work, again: () => boolean): Promise<void> => {
    const { to, delivery, attempt } = work
    try {
      await deliver(to.react, delivery, platform, { attempt, as: to.function })
      const twice = again() ? [{ ...work, attempt: 1, lane: `late ${(late += 1)}` }] : []
      waiting = [...waiting.filter((other) => other !== work), ...twice]
    } catch (error) {
      const kind = kindOf(error)
      const last = kind === 'rejected' || kind === 'poison' || attempt >= to.maxAttempts
      if (last) parked.push({ function: to.function, delivery, error })
      waiting = waiting.flatMap((other) => (other !== work ? [other] : last ? [] : [{ ...work, attempt: attempt + 1 }]))
    }
  }

  return {
    /** What was given up, with its reason. */
    parked,
    run: async ({ pick = () => 0, again = () => false, deliveries = Infinity }: RunOptions = {}): Promise<void> => {
      for (let delivered = 0; ; delivered += 1) {
        await collect()
        const ready = heads()
        const next = ready[pick(ready.length)] ?? ready[0]
        if (!next || delivered >= deliveries) return
        if (delivered > TOO_MANY) throw new Error(`does not come to rest: ${next.to.function} hears ${next.delivery.type} again and again`)
        await handle(next, again)
      }
    },
  }
}

const takes = ({ subjects, types }: Subscription, { subject, type }: TestDelivery): boolean =>
  subjects.some((pattern) => subjectMatches(pattern, subject)) && (types?.includes(type) ?? true)
