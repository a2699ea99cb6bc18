import type { AsyncApi, Channel } from '../asyncapi/document.ts'
import { html, json, prose, type Html } from './html.ts'
import { page } from './page.ts'
import { fieldsOf } from './schema.ts'

/** `/api/events`: the AsyncAPI document for people. */
export const eventsPage = (document: AsyncApi): string => {
  const { functions, webhooks, ...nats } = document.channels
  const { NatsHeaders = {}, DeliveryHeaders = {}, WebhookHeaders = {} } = document.components.schemas
  const families = Object.entries(nats)
  return page({
    title: 'Events', at: '/api/events',
    contents: html`${families.map(([id, { title, messages }]) => html`<a href="#${id}">${title}</a><ul>${Object.keys(messages).map((name) => html`<li><a href="#${name}">${titleOf(document, name)}</a></li>`)}</ul>`)}<a href="#webhooks">Deliveries to subscribers</a>
<ul></ul><a href="#functions">Deliveries to functions</a>`,
    main: html`
${prose(document.info.description)}
<details><summary>Headers of every message in NATS</summary>${fieldsOf(NatsHeaders)}</details>
${families.map(([id, channel]) => html`<section aria-labelledby="${id}"><h2 id="${id}">${channel.title}</h2>${channelView(channel)}${Object.keys(channel.messages).map((name) => messageView(document, name))}</section>`)}
${webhooks && html`<section aria-labelledby="webhooks"><h2 id="webhooks">${webhooks.title}</h2>${prose(webhooks.description)}<p>Subscribe: <a href="/api/docs#Subscriptions">the API</a>. Signed as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> describe.</p>${fieldsOf(WebhookHeaders)}${delivered(webhooks)}</section>`}
${functions && html`<section aria-labelledby="functions"><h2 id="functions">${functions.title}</h2>${channelView(functions)}${fieldsOf(DeliveryHeaders)}
<h4>Who reacts to what</h4><ul>${Object.entries(document.operations).filter(([id]) => id.startsWith('react-')).map(([id, { messages }]) =>
  html`<li><code>${id.slice('react-'.length)}</code>: ${messages.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1)).map((name) => html`<a href="#${name}">${titleOf(document, name)}</a> `)}</li>`)}</ul></section>`}`,
  })
}

const titleOf = ({ components }: AsyncApi, name: string): string => components.messages[name]?.title ?? name

const channelView = ({ address, description, parameters = {} }: Channel): Html =>
  html`${prose(description)}${address === null ? '' : html`<p class="path">${address}</p>`}${Object.entries(parameters).map(([name, told]) => html`<p class="kind"><code>${name}</code>: ${told.description}</p>`)}`

const messageView = (document: AsyncApi, name: string): Html => {
  const { examples = [] } = document.components.messages[name] ?? {}
  const schema = document.components.schemas[name] ?? {}
  return html`<article id="${name}"><h3>${titleOf(document, name)}</h3><details><summary>Fields</summary>${fieldsOf(schema)}</details><details><summary>Example</summary>${examples.map(({ payload }) => json(payload))}</details></article>`
}

/** One delivery as it really comes. */
const delivered = ({ messages }: Channel): Html => {
  const [first] = Object.values(messages)
  if (!first || !('examples' in first)) return html``
  const [{ headers = {}, payload } = { payload: null }] = first.examples
  return html`<h4>For example</h4><pre tabindex="0"><code>POST /hook HTTP/1.1
${Object.entries(headers).map(([header, value]) => `${header}: ${value}\n`)}
${JSON.stringify(payload)}</code></pre>`
}
