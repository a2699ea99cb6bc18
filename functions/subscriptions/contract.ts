import { z } from 'zod'
import { contract } from '../../infra/functions/contract.ts'
import { pingSchema, subscriptionSchema, subscriptionsSchema, watchedSchema, withSecretSchema, type listedSchema } from './answers.ts'
import { changeBody, createBody, emptyBody, listQuery } from './bodies.ts'

const id = 'sV3rQy8kPz1n'
const LISTED: z.input<typeof listedSchema> = {
  id, owner: 'operator', url: 'https://warehouse.example.org/hook', topics: ['events.instance.*'], types: ['InstanceStarted', 'InstancePaused'], description: 'Stock room', from: 'now', status: 'active',
  pauseReason: null, secretVersion: 1, createdAt: '2026-03-02T09:00:00.000Z', changedAt: '2026-03-02T09:00:00.000Z', revision: 0,
}
const SHOWN: z.input<typeof subscriptionSchema> = { ...LISTED, previousSecretUntil: null }
const SECRET: z.input<typeof withSecretSchema> = { ...SHOWN, secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' }
const WATCHED: z.input<typeof watchedSchema> = { ...SHOWN, deliveries: { lag: 0, parked: 0, lastSuccessAt: '2026-03-02T10:00:00.412Z', lastFailure: null, failingSince: null } }
const PONG: z.input<typeof pingSchema> = { delivered: true, outcome: 'answered 204', status: 204, ms: 12 }

const shown = { headers: ['ETag', 'Content-Location'] } as const
const store = ['WRONG_EXPECTED_REVISION', 'STORE_UNAVAILABLE', 'STORAGE_FULL'] as const
const one = { headers: ['Idempotency-Key', 'If-Match'], problems: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_DELETED', ...store] } as const
const plain = { ...one, body: emptyBody, example: {} } as const
const changed = { ...shown, body: subscriptionSchema } as const

export const subscriptionsContract = contract({
  name: 'subscriptions',
  title: 'Subscriptions',
  description: 'Endpoints of other services that get events as the playground\'s own functions do: in order for each aggregate, at least once, signed. What arrives there is in the description of the events.',
  security: 'operator',
  params: { id: z.string().meta({ description: 'Id of the subscription.', example: id }) },
  routes: {
    'GET /': {
      summary: 'List subscriptions', description: 'From the read model, newest first. Deleted ones are listed only with `status=deleted`.', query: listQuery,
      answers: { 200: { description: 'A page of them.', body: subscriptionsSchema, example: { items: [LISTED], next: null } } }, problems: ['READ_MODEL_UNAVAILABLE'],
    },
    'POST /': {
      summary: 'Subscribe to events', description: 'The address must be one that may be called: public, http or https, on port 80 or 443.', headers: ['Idempotency-Key'], body: createBody,
      example: { url: LISTED.url, topics: LISTED.topics, types: LISTED.types, description: LISTED.description },
      answers: { 201: { description: 'Subscribed. The secret is told here and never again; the same `Idempotency-Key` gives the same answer.', body: withSecretSchema, example: SECRET, headers: ['ETag', 'Location', 'Content-Location'] } },
      problems: store,
    },
    'GET /:id': {
      summary: 'Show a subscription', description: 'Folded from its stream, with how its deliveries go.',
      answers: { 200: { ...shown, description: 'The subscription.', body: watchedSchema, example: WATCHED } }, problems: ['SUBSCRIPTION_NOT_FOUND', 'STORE_UNAVAILABLE'],
    },
    'PATCH /:id': {
      ...one, summary: 'Change a subscription', description: 'What is left out stays as it is. Deliveries that wait are tried at once.', body: changeBody, example: { types: null },
      answers: { 202: { ...changed, description: 'Decided.', example: { ...SHOWN, types: null, revision: 1 } } },
    },
    'DELETE /:id': { ...plain, summary: 'End a subscription', answers: { 202: { ...changed, description: 'Decided; no further attempt is begun.', example: { ...SHOWN, status: 'deleted', revision: 1 } } } },
    'POST /:id/pause': {
      ...plain, summary: 'Pause a subscription', description: 'It keeps its place.',
      answers: { 202: { ...changed, description: 'Decided.', example: { ...SHOWN, status: 'paused', pauseReason: 'requested', revision: 1 } } },
    },
    'POST /:id/resume': { ...plain, summary: 'Resume a subscription', description: 'It goes on with the very event it stopped at.', answers: { 202: { ...changed, description: 'Decided.', example: { ...SHOWN, revision: 2 } } } },
    'POST /:id/rotate-secret': {
      ...plain, summary: 'Get a new secret', description: 'For a day deliveries are signed with both.',
      answers: { 202: { ...shown, description: 'The new secret, told here and never again.', body: withSecretSchema, example: { ...SECRET, secretVersion: 2, previousSecretUntil: '2026-03-03T09:00:00.000Z', revision: 1 } } },
    },
    'POST /:id/ping': {
      summary: 'Send a test', description: 'One signed CloudEvent of type `Ping`, paused or not. It is not tried again.', body: emptyBody, example: {},
      answers: { 200: { description: 'What came back; never the body.', body: pingSchema, example: PONG } }, problems: ['SUBSCRIPTION_NOT_FOUND', 'SUBSCRIPTION_DELETED', 'STORE_UNAVAILABLE'],
    },
  },
})
