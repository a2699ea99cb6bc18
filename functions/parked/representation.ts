import type { LoadedLetter } from '../../infra/aggregates/letters.ts'
import type { HttpReply } from '../../infra/functions/router.ts'

/** A dead letter as people see it: the fields of a list's items. */
export const represent = ({ letter: { letterId, ...letter } }: LoadedLetter) => ({ id: letterId, ...letter })

/** What became of it, oldest first: who did it, and why. */
export const historyOf = ({ events }: LoadedLetter) =>
  events.slice(-MAX_HISTORY).map(({ type, data, revision, metadata }) => ({
    revision, type, at: data.at, actor: metadata.actor, reason: 'reason' in data ? data.reason : null, ...('attempts' in data ? { attempts: data.attempts } : {}),
  }))

/** Of a letter that was redriven again and again the newest are shown. */
const MAX_HISTORY = 200

export const answer = (status: number, body: object): HttpReply => ({ status, headers: { 'cache-control': 'no-store' }, body })
