import { z } from 'zod'
import { contract, type AnswerContract } from '../../infra/functions/contract.ts'
import { pageOf } from '../../infra/functions/page.ts'
import { activitySchema, deploymentSchema, historySchema, listedSchema, withSecretSchema } from './answers.ts'
import { createBody, emptyBody, listQuery, pageQuery, settingsBody, stopBody } from './bodies.ts'
import { ACTIVITY, DEPLOYMENT, HISTORY, LISTED, MADE, ROTATED, STOPPING } from './examples.ts'

const shown = { body: deploymentSchema, example: DEPLOYMENT, headers: ['ETag', 'Content-Location'] } as const satisfies Omit<AnswerContract, 'description'>
const accepted = { 202: { ...shown, description: 'Decided; what follows from it happens a moment later. The deployment as it is now.' } } as const
const headers = ['Idempotency-Key', 'If-Match'] as const
const store = ['WRONG_EXPECTED_REVISION', 'STORE_UNAVAILABLE', 'STORAGE_FULL'] as const
const one = ['DEPLOYMENT_NOT_FOUND', ...store] as const
const owner = { headers, answers: accepted, problems: [...one, 'DEPLOYMENT_DELETED', 'ILLEGAL_TRANSITION'] } as const
const sleep = { headers, answers: accepted, body: emptyBody, example: {}, problems: [...one, 'DEPLOYMENT_DELETED', 'NOT_RUNNING'] } as const

export const deploymentsContract = contract({
  name: 'deployments',
  title: 'Deployments',
  description: 'ONE Record servers: asked for, watched, put to sleep, changed, stopped and deleted. Commands answer 202 and the deployment. Its `ETag` is its owner\'s revision: sleeping and waking do not change it.',
  security: 'operator',
  params: { id: z.string().meta({ description: 'Id of the deployment.', example: DEPLOYMENT.id }) },
  routes: {
    'GET /': {
      summary: 'List deployments', description: 'From the read model, newest first. Deleted ones are listed only with `status=deleted`.', query: listQuery,
      answers: { 200: { description: 'A page of them.', body: pageOf(listedSchema), example: LISTED } }, problems: ['READ_MODEL_UNAVAILABLE'],
    },
    'POST /': {
      summary: 'Ask for a deployment', description: 'Without a name it gets one. Whoever has the answer may go to its `url` at once: who comes too early is held until it serves.',
      headers: ['Idempotency-Key'], body: createBody, example: { name: 'demo', settings: { pauseAfterSeconds: 60 } },
      answers: { 202: { body: withSecretSchema, description: 'It is on its way. The same `Idempotency-Key` gives the same deployment, and its first secret.', headers: ['ETag', 'Location', 'Content-Location'], example: MADE } },
      problems: ['NAME_INVALID', 'NAME_RESERVED', 'NAME_TAKEN', 'CREDENTIALS_UNAVAILABLE', ...store],
    },
    'GET /:id': {
      summary: 'Show a deployment', description: 'Folded from its stream: whoever wrote reads what was written.',
      answers: { 200: { ...shown, description: 'The deployment.' } }, problems: ['DEPLOYMENT_NOT_FOUND', 'STORE_UNAVAILABLE'],
    },
    'DELETE /:id': {
      ...owner, summary: 'Delete a deployment', description: 'Its name is free at once; its record is erased when the last credentials have lapsed.', body: emptyBody, example: {},
      answers: { 202: { ...shown, description: 'Decided.', example: { ...DEPLOYMENT, status: 'deleting', wanted: 'deleted', revision: 2 } } },
    },
    'GET /:id/history': {
      summary: 'Read the history of a deployment', description: 'Every event of it and of its claims, newest first, from the read model.', query: pageQuery,
      answers: { 200: { description: 'A page of events.', body: historySchema, example: HISTORY } }, problems: ['DEPLOYMENT_NOT_FOUND', 'STORE_UNAVAILABLE', 'READ_MODEL_UNAVAILABLE'],
    },
    'GET /:id/activity': {
      summary: 'Read how a deployment was used', description: 'Requests, wakes, wake times, seconds awake, from the read model.',
      answers: { 200: { description: 'Its activity.', body: activitySchema, example: ACTIVITY } }, problems: ['DEPLOYMENT_NOT_FOUND', 'STORE_UNAVAILABLE', 'READ_MODEL_UNAVAILABLE'],
    },
    'PATCH /:id/settings': { ...owner, summary: 'Change settings', description: 'What is left out stays as it is. What a slot knows from its claim reaches one that serves, awake or paused, by a new slot: within a second or so, requests in flight are ended in order.', body: settingsBody, example: { pauseAfterSeconds: 300 } },
    'POST /:id/credentials/rotate': {
      ...owner, summary: 'Rotate the credentials', description: 'A new secret and a new signing key. The old secret and all tokens given for it are refused as soon as the new slot serves.', body: emptyBody, example: {},
      answers: { 202: { ...shown, body: withSecretSchema, description: 'Decided. The same `Idempotency-Key` gives the same secret.', example: ROTATED } }, problems: [...one, 'DEPLOYMENT_DELETED', 'CREDENTIALS_UNAVAILABLE'],
    },
    'POST /:id/start': { ...owner, summary: 'Start what was stopped or has failed', body: emptyBody, example: {} },
    'POST /:id/stop': {
      ...owner, summary: 'Stop a deployment', description: 'Visitors are told that it is stopped, and why, until it is started.', body: stopBody, example: { reason: 'end of the season' },
      answers: { 202: { ...shown, description: 'Decided.', example: STOPPING } },
    },
    'POST /:id/restart': { ...owner, summary: 'Restart a deployment', description: 'On a new slot; nothing that was written is lost.', body: emptyBody, example: {} },
    'POST /:id/pause': { ...sleep, summary: 'Pause a deployment', description: 'Frozen in memory; the next request wakes it within milliseconds.' },
    'POST /:id/resume': {
      ...sleep, summary: 'Wake a deployment', description: 'From pause or hibernation, as a visitor would.', problems: [...one, 'DEPLOYMENT_DELETED', 'ILLEGAL_TRANSITION'],
    },
    'POST /:id/hibernate': { ...sleep, summary: 'Hibernate a deployment', description: 'Its slot is given up; everything is in the object store; the next request claims a new slot.' },
  },
})
