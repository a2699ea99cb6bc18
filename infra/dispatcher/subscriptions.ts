import type { Log } from '../log.ts'
import { fingerprint, toSubscriber, type ListedFunction, type Subscriber } from './subscriber.ts'
import type { SubscribableStream } from './topics.ts'

/** One consumer group of a function on one stream. */
export type OpenGroup = {
  /** Stops hearing; the position stays. */
  close(): Promise<void>
}
export type Groups = {
  open(subscriber: Subscriber, stream: SubscribableStream): Promise<OpenGroup>
  /** Forgets the position of a closed group. */
  forget(name: string, stream: SubscribableStream): Promise<void>
}
