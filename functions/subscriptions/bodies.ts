import { z } from 'zod'
import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import { pageQuery } from '../../infra/functions/page.ts'
import { words } from '../../infra/functions/words.ts'
import { topicProblem } from '../../infra/subscriptions/port.ts'

/** What people send; unknown fields are refused by name. */
const url = words(2_000)

const topic = words(200).superRefine((text, context) => {
  const message = topicProblem(text)
  if (message !== null) context.addIssue({ code: 'custom', message })
})
const topics = z.array(topic).min(1).max(20)

const isEvent = (type: string): boolean => Object.hasOwn(CATALOGUE_OF_EVENTS, type) && CATALOGUE_OF_EVENTS[type]?.category !== 'message'
const type = z.string().refine(isEvent, { error: ({ input }) => `${String(input)} is not a type of event here` })
const types = z.array(type).min(1).max(100).nullable()

const description = words(500).nullable()

export const createBody = z.strictObject({
  url, topics, types: types.default(null), description: description.default(null), from: z.enum(['now', 'start']).default('now'),
})
export type CreateBody = z.infer<typeof createBody>

export const changeBody = z
  .strictObject({ url: url.optional(), topics: topics.optional(), types: types.optional(), description: description.optional() })
  .refine((body) => Object.keys(body).length > 0, 'name at least one field to change')
export type ChangeBody = z.infer<typeof changeBody>

export const emptyBody = z.strictObject({}).prefault({})

export const listQuery = z.strictObject({
  status: z.enum(['active', 'paused', 'deleted']).optional(), ...pageQuery,
})
export type ListQuery = z.infer<typeof listQuery>
