import { readEvent } from '../../../events/catalogue.ts'
import type { DomainEvent, RecordedEvent } from '../../../events/envelope.ts'
import { toHeaders } from '../../delivery/cloud-event.ts'
import { causeOf, type Cause } from '../../functions/cause.ts'
import type { Platform } from '../port.ts'
import type { TestDelivery } from './messages.ts'

/** A function's reaction, whatever events it takes: the annotations of stack.yml say which reach it. */
export type AnyReaction = (event: never, cause: Cause, platform: Platform) => Promise<unknown>

export type DeliverOptions = { readonly attempt?: number; /** The function's name. */ readonly as?: string }

/** Hands a message to a reaction as the dispatcher, the gateway and onEvent do, over the headers that travel. */
export const deliver = async (react: AnyReaction, delivery: TestDelivery, platform: Platform, { attempt = 1, as = 'function' }: DeliverOptions = {}): Promise<void> => {
  const { cause, version } = causeOf(toHeaders({ ...delivery, attempt }), as)
  await react(readEvent<never>(delivery.type, version, structuredClone(delivery.data)), cause, platform)
}

/** An event of the store as it is delivered. */
export const deliveryOfEvent = (event: RecordedEvent<DomainEvent>): TestDelivery => ({
  id: event.id, type: event.type, subject: `events.${event.stream}`, sequence: event.position, revision: event.revision,
  version: event.version, at: event.at, data: event.data, metadata: event.metadata,
})
