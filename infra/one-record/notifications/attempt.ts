import { inWords } from '../../outbound/port.ts'
import { requestIri, type Server } from '../endpoints/server.ts'
import { findObject } from '../objects/rows.ts'
import type { Remote } from '../remote/client.ts'
import type { Reader, Row } from '../store/port.ts'
import { activeSubscription } from '../subscriptions/rows.ts'
import { notificationBody, type Notification } from './notification.ts'
import { readKept, type Owed } from './outbox.ts'
import { verdict } from './retry.ts'

/** What came of one attempt. `void`: it is not to be sent any more. */
export type Attempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'void' }
  | { readonly kind: 'hopeless'; readonly reason: string }
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs: number }

/**
 * Sends one notification once, as everything stands now: nothing when its subscription has ended or its agent may not see the object
 * any more; the object's body as it is now, without it when it is gone.
 */
export const attemptOf = ({ base, record, access }: Pick<Server, 'base' | 'record' | 'access'>, remote: Remote) => {
  const isStillOwed = async (reader: Reader, { subscription, needs, object, agent }: Owed): Promise<boolean> => {
    if (subscription !== null && !(await activeSubscription(reader, subscription, Date.now()))) return false
    return needs === null || object === null || access.may(reader, { uri: agent, isHolder: false }, needs, object)
  }
  const bodyOf = async (reader: Reader, object: string): Promise<Readonly<Record<string, unknown>> | null> => {
    const found = await findObject(reader, object)
    return found && (JSON.parse((await reader.body(found.place)).toString()) as Readonly<Record<string, unknown>>)
  }

  return async ({ value: owed, place }: Row<Owed>): Promise<Attempt> => {
    const reader = record.reader()
    const kept = await readKept(reader, place)
    if (!kept || !(await isStillOwed(reader, owed))) return { kind: 'void' }
    const notification: Notification = owed.subscription === null ? kept : { ...kept, triggeredBy: requestIri(base, owed.subscription) }
    const body = owed.sendBody && owed.object !== null ? await bodyOf(reader, owed.object) : null
    const outcome = await remote.notify(owed.agent, owed.id, notificationBody(notification, body))
    const said = verdict(outcome)
    return said.kind === 'delivered' ? said : { ...said, reason: inWords(outcome) }
  }
}
