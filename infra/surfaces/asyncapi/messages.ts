import { sign, SIGNATURE_HEADER } from '../../delivery/signature.ts'
import { toHeaders, type DeliveryHead } from '../../delivery/cloud-event.ts'
import { webhookHeaders, webhookSecret } from '../../delivery/webhook.ts'
import type { Catalogue, EventDefinition } from '../../../events/catalogue.ts'
import { toJsonSchema, type JsonSchema } from '../json-schema.ts'
import type { ExampleOf } from './document.ts'

export type PublishedMessage = {
  readonly name: string
  readonly title: string
  readonly contentType: 'application/json'
  readonly headers: { readonly $ref: string }
  readonly payload: { readonly $ref: string }
  readonly tags: readonly { readonly name: string }[]
  readonly examples: readonly { readonly name: string; readonly headers?: Readonly<Record<string, string>>; readonly payload: unknown }[]
}
export type Published = { readonly name: string; readonly type: string; readonly version: number; readonly category: EventDefinition['category']; readonly schema: JsonSchema; readonly message: PublishedMessage }

/** Every version of every type: its schema, and the example that is kept of it for ever. */
export const messagesOf = (catalogue: Catalogue, exampleOf: ExampleOf): readonly Published[] =>
  Object.entries(catalogue).flatMap(([type, { category, versions }]) => versions.map((schema, index) => {
    const version = index + 1
    const name = `${type}.v${version}`
    const message: PublishedMessage = {
      name: type, title: versions.length > 1 ? `${type}, version ${version}` : type, contentType: 'application/json', headers: { $ref: '#/components/schemas/NatsHeaders' }, payload: { $ref: `#/components/schemas/${name}` }, tags: [{ name: category }],
      examples: [{ name: 'stored', payload: exampleOf(type, version) }],
    }
    return { name, type, version, category, schema: toJsonSchema(schema, 'input').schema, message }
  }))

/** The same messages as a POST carries them, with headers as they really are: signed with a key that nobody has. */
export const overHttp = (published: readonly Published[], kind: 'DeliveryHeaders' | 'WebhookHeaders'): Readonly<Record<string, PublishedMessage>> =>
  Object.fromEntries(published.map(({ name, type, version, category, message }) => {
    const [{ payload } = { payload: null }] = message.examples
    const body = Buffer.from(JSON.stringify(payload))
    const head: DeliveryHead = {
      id: 'Fh0nD2m1', type, subject: category === 'message' ? `${type === 'ProxyHit' ? 'hits' : 'timers.due'}.example` : `events.${category}.example`, sequence: '7', revision: category === 'message' ? null : 2, version,
      at: AT, metadata: { correlationId: 'b7c1', causationId: 'Fh0nD2m0', actor: 'operator' }, attempt: 1,
    }
    const headers = kind === 'WebhookHeaders'
      ? webhookHeaders([webhookSecret('example', 'example', 1)], head, body, Date.parse(AT))
      : { ...toHeaders(head), [SIGNATURE_HEADER]: sign('example', { ...head, body }, Date.parse(AT)) }
    return [name, { ...message, headers: { $ref: `#/components/schemas/${kind}` }, examples: [{ name: 'delivered', headers, payload }] }]
  }))

const AT = '2026-03-02T10:00:00.000Z'
