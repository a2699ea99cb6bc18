import { JetStreamApiCodes, jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Message } from '../../events/messages.ts'
import type { Log } from '../log.ts'
import { onReconnect } from '../nats/connect.ts'
import { isApiError } from '../nats/streams.ts'
import { STREAM, subject } from '../nats/subjects.ts'
import type { Timers } from './port.ts'

export type KeepTimerOptions = {
  readonly connection: NatsConnection
  readonly timers: Pick<Timers, 'schedule'>
  readonly key: string
  /** How often it comes due while whoever handles it sets it anew, milliseconds. */
  readonly everyMs: number
  readonly message: Message
  readonly log: Log
}

/** Rounds that may be missed: a handler that is away for a while finds its timer waiting. */
const MISSED = 3

/**
 * Sees to it that a timer which its handler sets anew each time goes on: looks now, after each reconnect and every few rounds
 * whether it is set or came due lately, and sets it if neither. Several may do so: there is one timer of a key.
 */
export const keepTimer = async ({ connection, timers, key, everyMs, message, log }: KeepTimerOptions): Promise<{ stop(): void }> => {
  const jsm = await jetstreamManager(connection, { checkAPI: false })
  const look = async (): Promise<void> => {
    if (await newest(jsm, subject.timerSchedule(key))) return
    const due = await newest(jsm, subject.timerDue(key))
    if (due && Date.now() - due.time.getTime() < MISSED * everyMs) return
    await timers.schedule(key, new Date(Date.now() + everyMs).toISOString(), message, { correlationId: `keep ${key}`, actor: 'agent' })
  }
  const attempt = () => void look().catch((error: unknown) => log.warn({ key, reason: String(error) }, 'a timer could not be looked after'))
  attempt()
  onReconnect(connection, look)
  const timer = setInterval(attempt, MISSED * everyMs)
  return { stop: () => clearInterval(timer) }
}

const newest = async (jsm: JetStreamManager, last_by_subj: string): Promise<StoredMsg | null> => {
  try {
    return await jsm.streams.getMessage(STREAM.timers, { last_by_subj })
  } catch (error) {
    if (isApiError(error, JetStreamApiCodes.NoMessageFound)) return null
    throw error
  }
}
