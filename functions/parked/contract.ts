import { z } from 'zod'
import { contract } from '../../infra/functions/contract.ts'
import { letterSchema, lettersSchema, manySchema, openedSchema } from './answers.ts'
import { discardBody, listQuery, oneBody, redriveBody } from './bodies.ts'

const id = 'pLx0aT9uQm2v'
const LETTER: z.input<typeof letterSchema> = {
  id, state: 'parked', group: 'provision', eventType: 'ClaimRequested', eventId: 'Fh0nD2m1', deploymentId: 'q2fMZJ1xTq3Yb0tD9cVw5A', stream: 'EVENTS',
  subject: 'events.deployment.q2fMZJ1xTq3Yb0tD9cVw5A', sequence: 7, reason: '503 NO_SLOT_FREE', attempts: 8, redrives: 0, note: null,
  parkedAt: '2026-03-02T10:00:00.000Z', changedAt: '2026-03-02T10:00:00.000Z', revision: 0,
}
const OPENED: z.input<typeof openedSchema> = {
  ...LETTER,
  payload: {
    headers: { id: 'Fh0nD2m1', type: 'ClaimRequested', version: 1, metadata: { correlationId: 'b7c1', actor: 'operator' }, revision: 1 },
    encoding: 'json', data: { deploymentId: 'q2fMZJ1xTq3Yb0tD9cVw5A', name: 'demo', at: '2026-03-02T09:00:00.000Z', reason: 'create', since: '2026-03-02T09:00:00.000Z' }, bytes: 158,
  },
  history: [{ revision: 0, type: 'EventParked', at: '2026-03-02T10:00:00.000Z', actor: 'dispatcher', reason: '503 NO_SLOT_FREE', attempts: 8 }],
}
const MANY: z.input<typeof manySchema> = { changed: 12, skipped: 0, next: null }

const store = ['WRONG_EXPECTED_REVISION', 'STORE_UNAVAILABLE', 'STORAGE_FULL'] as const
const headers = ['Idempotency-Key'] as const
const one = { headers, body: oneBody, problems: ['LETTER_NOT_FOUND', 'LETTER_STATE', ...store] } as const
const many = {
  headers, answers: { 202: { description: 'Asked for. One call takes 1,000 letters at most.', body: manySchema, example: MANY } },
  problems: ['LETTER_STATE', 'READ_MODEL_UNAVAILABLE', ...store],
} as const

export const parkedContract = contract({
  name: 'parked',
  title: 'Dead letters',
  description: 'Events that a function or a subscriber gave up: read, delivered once more, or put aside for good.',
  security: 'operator',
  params: { id: z.string().meta({ description: 'Id of the letter.', example: id }) },
  routes: {
    'GET /': {
      summary: 'List dead letters', description: 'From the read model, those parked last first.', query: listQuery,
      answers: { 200: { description: 'A page of them.', body: lettersSchema, example: { items: [LETTER], next: null } } }, problems: ['READ_MODEL_UNAVAILABLE'],
    },
    'POST /redrive': {
      ...many, summary: 'Redrive all that a filter finds', description: 'Delivered again, those parked last first. Asking again is harmless.', body: redriveBody,
      example: { filter: { group: 'provision' }, reason: 'the node is back' },
    },
    'POST /discard': { ...many, summary: 'Discard all that a filter finds', body: discardBody, example: { filter: { eventType: 'IdleCheckDue' }, reason: 'too late to matter' } },
    'GET /:id': {
      summary: 'Open a dead letter', description: 'Folded from its stream, with its payload and its history.',
      answers: { 200: { description: 'The letter.', body: openedSchema, example: OPENED } }, problems: ['LETTER_NOT_FOUND', 'STORE_UNAVAILABLE'],
    },
    'POST /:id/redrive': {
      ...one, summary: 'Redrive a dead letter', description: 'The dispatcher delivers it a moment later; it may be parked again.', example: { reason: 'the node is back' },
      answers: { 202: { description: 'Asked for. The letter as it is now.', body: letterSchema, example: { ...LETTER, state: 'redriving', redrives: 1, note: 'the node is back', revision: 1 } } },
    },
    'POST /:id/discard': {
      ...one, summary: 'Discard a dead letter', example: { reason: 'too late to matter' },
      answers: { 202: { description: 'Put aside. The letter as it is now.', body: letterSchema, example: { ...LETTER, state: 'discarded', note: 'too late to matter', revision: 1 } } },
    },
  },
})
