import type { Catalogue } from '../../../events/catalogue.ts'
import type { JsonSchema } from '../json-schema.ts'
import { EVENT_SUBJECTS, MESSAGE_SUBJECTS, type SubjectFamily } from './channels.ts'
import { DELIVERY_HEADERS, NATS_HEADERS, WEBHOOK_HEADERS } from './headers.ts'
import { messagesOf, overHttp, type Published, type PublishedMessage } from './messages.ts'

type Ref = { readonly $ref: string }
export type Channel = {
  readonly address: string | null
  readonly title: string
  readonly description: string
  readonly servers: readonly Ref[]
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>
  readonly messages: Readonly<Record<string, Ref | PublishedMessage>>
}
export type AsyncApi = {
  readonly asyncapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string; readonly license: object }
  readonly defaultContentType: 'application/json'
  readonly servers: Readonly<Record<string, object>>
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, { readonly action: 'send' | 'receive'; readonly channel: Ref; readonly title: string; readonly description: string; readonly messages: readonly Ref[]; readonly bindings?: object }>>
  readonly components: { readonly messages: Readonly<Record<string, PublishedMessage>>; readonly schemas: Readonly<Record<string, JsonSchema>> }
}
/** A function that reacts to events, as stack.yml tells of it. */
export type Reaction = { readonly name: string; readonly types: readonly string[] }
/** The stored example of a type's version. @throws Error when there is none */
export type ExampleOf = (type: string, version: number) => unknown

const DESCRIPTION = `What happens in the playground, as events on NATS JetStream. One aggregate is one subject: its events are numbered from 0 and
never change. A published schema is never edited: a change is a new version, and readers lift what is older. Hits and timers are messages among
our own parts. Functions get them over HTTP, as CloudEvents; so do [subscribers](/api/docs#Subscriptions), events only. Delivered at least once,
in order for each aggregate.`.replaceAll('\n', ' ')

/** AsyncAPI 3.0 (asyncapi.com/docs/reference/specification/v3.0.0) of the catalogue of events. */
export const asyncapi = (catalogue: Catalogue, version: string, reactions: readonly Reaction[], exampleOf: ExampleOf): AsyncApi => {
  const published = messagesOf(catalogue, exampleOf)
  const families = familiesOf(catalogue, published)
  const events = published.filter(({ category }) => category !== 'message')
  const channels: Record<string, Channel> = {
    ...Object.fromEntries(families.map(({ id, family, names }) => [id, natsChannel(family, names)])),
    functions: { ...http('function/{function}', 'Deliveries to functions', 'The dispatcher posts to the gateway; 2xx says that it is done.', 'gateway'), parameters: { function: { description: 'Name of the function.' } }, messages: overHttp(published, 'DeliveryHeaders') },
    webhooks: { ...http(null, 'Deliveries to subscribers', 'A POST to the `url` of a subscription; 2xx says that it is done, 410 that it is wanted no more.', 'subscribers'), messages: overHttp(events, 'WebhookHeaders') },
  }
  const operation = (action: 'send' | 'receive', channel: string, title: string, description: string, names: readonly string[], bindings?: object) =>
    ({ action, channel: { $ref: `#/channels/${channel}` }, title, description, messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })), ...(bindings ? { bindings } : {}) })
  return {
    asyncapi: '3.0.0',
    info: { title: 'ONE Record playground: events', version, description: DESCRIPTION, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: {
      broker: { host: '127.0.0.1:4222', protocol: 'nats', description: 'NATS JetStream, for our own parts only: streams EVENTS, HITS, TIMERS.' },
      gateway: { host: '127.0.0.1:8082', protocol: 'http', description: 'The gateway, where functions are called.' },
      subscribers: { host: 'warehouse.example.org', protocol: 'https', description: 'Any address that was subscribed: see /api/subscriptions.' },
    },
    channels,
    operations: {
      ...Object.fromEntries(families.map(({ id, family, names }) => [`publish-${id}`, operation('send', id, family.title, family.description, names)])),
      ...Object.fromEntries(reactions.map(({ name, types }) => [`react-${name}`, operation('receive', 'functions', `Function ${name} reacts`, 'Decides from the loaded aggregate, never from the event alone: it may come twice.', published.filter(({ type }) => types.includes(type)).map((message) => message.name), POST)])),
      'deliver-to-subscribers': operation('send', 'webhooks', 'Subscribers get what they chose', 'Signed as Standard Webhooks describe; tried again for days.', events.map(({ name }) => name), POST),
    },
    components: {
      messages: Object.fromEntries(published.map(({ name, message }) => [name, message])),
      schemas: { NatsHeaders: NATS_HEADERS, DeliveryHeaders: DELIVERY_HEADERS, WebhookHeaders: WEBHOOK_HEADERS, ...Object.fromEntries(published.map(({ name, schema }) => [name, schema])) },
    },
  }
}

const POST = { http: { method: 'POST', bindingVersion: '0.3.0' } }

const natsChannel = ({ address, title, description, parameters }: SubjectFamily, names: readonly string[]): Channel => ({
  address, title, description, servers: [{ $ref: '#/servers/broker' }],
  ...(Object.keys(parameters).length === 0 ? {} : { parameters: Object.fromEntries(Object.entries(parameters).map(([name, told]) => [name, { description: told }])) }),
  messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
})

const http = (address: string | null, title: string, description: string, server: string) => ({ address, title, description, servers: [{ $ref: `#/servers/${server}` }] })

type Family = { readonly id: string; readonly family: SubjectFamily; readonly names: readonly string[] }

const familiesOf = (catalogue: Catalogue, published: readonly Published[]): readonly Family[] => [
  ...Object.entries(EVENT_SUBJECTS).map(([category, family]) => ({ id: category, family, names: published.filter((message) => message.category === category).map(({ name }) => name) })),
  ...Object.entries(MESSAGE_SUBJECTS).filter(([type]) => Object.hasOwn(catalogue, type))
    .map(([type, family]) => ({ id: type, family, names: published.filter((message) => message.type === type).map(({ name }) => name) })),
]
