import { z } from 'zod'
import { LETTER_STATES } from '../../events/parked/state.ts'
import { pageOf, revision, time } from '../../infra/functions/page.ts'
import type { LetterSummary } from '../../projections/parked/queries.ts'

/** What people get; tests hold every answer against it. */
const letter = {
  id: z.string(), state: z.enum(LETTER_STATES),
  group: z.string().meta({ description: 'Who gave it up: a function, or another durable group.' }),
  eventType: z.string().nullable(), eventId: z.string().nullable(), deploymentId: z.string().nullable(),
  stream: z.string(), subject: z.string(), sequence: z.int().min(0).meta({ description: 'Where it lay in that stream.' }),
  reason: z.string().meta({ description: 'Why it was given up.' }), attempts: z.int().min(0).meta({ description: 'Attempts that counted, of this round.' }), redrives: z.int().min(0),
  note: z.string().nullable().meta({ description: 'What the operator said to the newest redrive or discard.' }), parkedAt: time, changedAt: time, revision,
}
export const letterSchema = (z.strictObject(letter) satisfies z.ZodType<LetterSummary>).meta({ id: 'DeadLetter', description: 'An event that was given up, and what became of it.' })
export const lettersSchema = pageOf(letterSchema)

const payload = z.strictObject({
  headers: z.record(z.enum(['id', 'type', 'version', 'metadata', 'revision']), z.unknown()), encoding: z.enum(['json', 'text', 'base64']), data: z.unknown(), bytes: z.int().min(0),
}).meta({ description: '`data` is shown as `encoding` says: parsed, else as text, else as base64.' })

export const openedSchema = z.strictObject({
  ...letter,
  payload: payload.nullable().meta({ description: 'The message as it lay in its stream; null when it is gone.' }),
  history: z.array(z.strictObject({
    revision, type: z.enum(['EventParked', 'RedriveRequested', 'EventRedriven', 'EventDiscarded']), at: time, actor: z.string(), reason: z.string().nullable(), attempts: z.int().min(0).optional(),
  })).meta({ description: 'Oldest first.' }),
}).meta({ id: 'OpenedDeadLetter', description: 'A dead letter with its payload and its history.' })

export const manySchema = z.strictObject({
  changed: z.int().min(0).meta({ description: 'Letters that it asked for.' }), skipped: z.int().min(0).meta({ description: 'Letters that somebody else changed meanwhile.' }),
  next: z.string().nullable().meta({ description: 'The cursor to go on with; null when all are done.' }),
}).meta({ id: 'DeadLettersChanged' })
