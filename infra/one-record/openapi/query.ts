type Parameter = { readonly description: string; readonly schema: { readonly type: 'string' | 'integer' | 'boolean' } & Readonly<Record<string, unknown>> }

const TIME = { type: 'string', pattern: '^\\d{8}T\\d{6}Z$', examples: ['20260101T000000Z'] } as const
const TEXT = { type: 'string' } as const
const YES_OR_NO = { type: 'boolean' } as const
const COUNT = { type: 'integer', minimum: 0 } as const

/** Query parameters by name; each means the same wherever it is taken. */
export const QUERY = {
  at: { description: 'As it was at this time, UTC.', schema: TIME },
  embedded: { description: 'With the objects of this server that it links to.', schema: YES_OR_NO },
  revision: { description: 'One revision, by its number; beyond the standard.', schema: { type: 'integer', minimum: 1 } },
  'updated-from': { description: 'Requests updated since.', schema: TIME },
  'updated-to': { description: 'Requests updated until.', schema: TIME },
  status: { description: 'A status of action requests: its IRI, its last part, or 2.2.0\'s short name.', schema: TEXT },
  'event-code': { description: 'Codes or IRIs of events, separated by commas.', schema: TEXT },
  'created-after': { description: 'Recorded since.', schema: TIME },
  'created-before': { description: 'Recorded before.', schema: TIME },
  'occurred-after': { description: 'Happened since.', schema: TIME },
  'occurred-before': { description: 'Happened before.', schema: TIME },
  sort: { description: 'Order.', schema: { type: 'string', enum: ['ASC-creationDate', 'DESC-creationDate', 'ASC-eventDate', 'DESC-eventDate'] } },
  limit: { description: 'As many at most.', schema: COUNT },
  skip: { description: 'Without so many at the beginning.', schema: COUNT },
  topic: { description: 'IRI of a class or an object.', schema: TEXT },
  topicType: { description: 'IRI of the type of the topic.', schema: TEXT },
  cursor: { description: 'Where the page before ended.', schema: TEXT },
  after: { description: 'Where the page before ended.', schema: TEXT },
  type: { description: 'IRI or short name of a class.', schema: TEXT },
  code: { description: 'A code.', schema: TEXT },
  identifier: { description: 'An identifier.', schema: TEXT },
  text: { description: 'Words, or beginnings of words.', schema: TEXT },
  object: { description: 'Id or IRI of a logistics object.', schema: TEXT },
  'requested-by': { description: 'IRI of an agent.', schema: TEXT },
  format: { description: 'jsonld or nquads.', schema: { type: 'string', enum: ['jsonld', 'nquads'] } },
  history: { description: 'With former revisions.', schema: YES_OR_NO },
  public: { description: 'Those for everybody.', schema: YES_OR_NO },
  agent: { description: 'IRI of an agent.', schema: TEXT },
  group: { description: 'Name of a group.', schema: TEXT },
  unread: { description: 'Those not marked as read.', schema: YES_OR_NO },
} as const satisfies Readonly<Record<string, Parameter>>

export type QueryName = keyof typeof QUERY
