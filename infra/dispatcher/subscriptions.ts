import type { Log } from '../log.ts'
import { toSubscriber, type ListedFunction, type Subscriber } from './subscriber.ts'
import type { SubscribableStream } from './topics.ts'

/** Consumer groups as the dispatcher needs them: one for each function and stream, with a durable position. */
export type Groups = {
  open(wanted: Wanted): Promise<OpenGroup>
  /** Forgets the position of a group that is closed. */
  forget(wanted: Wanted): Promise<void>
}
type Wanted = { readonly subscriber: Subscriber; readonly stream: SubscribableStream }
type OpenGroup = { /** Stops hearing; the position stays. */ close(): Promise<void> }

export type Subscriptions = {
  /** Makes the open groups those of the functions listed. One call at a time. @throws AggregateError of those that could not be opened */
  follow(listed: readonly ListedFunction[]): Promise<void>
  close(): Promise<void>
}

/**
 * What changed gets its group anew, at the same position; what is gone is no longer heard. A position is forgotten only when its
 * function stayed away for `graceMs` of answered lists: `faas-cli deploy --replace` removes and adds again, and a function that
 * comes back must not hear the whole history once more.
 */
export const subscriptions = (groups: Groups, graceMs: number, log: Log, now: () => number = Date.now): Subscriptions => {
  const held = new Map<string, Wanted & { readonly group: OpenGroup }>()
  const gone = new Map<string, Wanted & { readonly sinceMs: number }>()
  const report = reporter(log)

  const close = async (key: string): Promise<void> => {
    const before = held.get(key)
    if (!before) return
    held.delete(key)
    gone.set(key, { ...before, sinceMs: now() })
    await before.group.close()
  }

  const open = async (key: string, wanted: Wanted): Promise<void> => {
    const before = held.get(key)
    if (before && fingerprint(before) === fingerprint(wanted)) return
    await close(key)
    held.set(key, { ...wanted, group: await groups.open(wanted) })
    gone.delete(key)
    const { subscriber, stream } = wanted
    log.info({ function: subscriber.name, topics: subscriber.subjects.get(stream), types: subscriber.types }, 'subscribed')
  }

  const forget = async (key: string): Promise<void> => {
    const left = gone.get(key)
    if (!left || now() - left.sinceMs < graceMs) return
    await groups.forget(left)
    gone.delete(key)
    log.info({ function: left.subscriber.name, stream: left.stream }, 'no longer subscribed; its position is forgotten')
  }

  return {
    follow: async (listed) => {
      const wanted = new Map<string, Wanted>(listed.flatMap((each) => {
        const { subscriber, problems } = toSubscriber(each)
        report(each.name, problems)
        return subscriber ? [...subscriber.subjects.keys()].map((stream) => [`${subscriber.name} ${stream}`, { subscriber, stream }] as const) : []
      }))
      const unwanted = [...held.keys(), ...gone.keys()].filter((key) => !wanted.has(key))
      await allOf([
        ...unwanted.map((key) => (held.has(key) ? close(key) : forget(key))),
        ...[...wanted].map(([key, each]) => open(key, each)),
      ])
    },
    close: async () => {
      await allOf([...held.values()].map(({ group }) => group.close()))
      held.clear()
    },
  }
}

/** Same for two exactly when their consumers are the same. */
const fingerprint = ({ subscriber: { subjects, ...rest }, stream }: Wanted): string => JSON.stringify([subjects.get(stream), rest])

/** Says what is wrong with a function's annotations once, until it changes. */
const reporter = (log: Log): ((name: string, problems: readonly string[]) => void) => {
  const reported = new Map<string, string>()
  return (name, problems) => {
    const text = problems.join('; ')
    if (text !== '' && reported.get(name) !== text) log.error({ function: name, problems }, 'annotations are not usable as they are')
    reported.set(name, text)
  }
}

/** Lets all finish, whatever one does. @throws AggregateError */
const allOf = async (steps: readonly Promise<void>[]): Promise<void> => {
  const errors = (await Promise.allSettled(steps)).flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '))
}
