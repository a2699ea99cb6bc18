import type { OpenApi } from '../openapi/document.ts'
import type { Media, Operation, Parameter, Response } from '../openapi/operation.ts'
import { problemPath } from '../problems/problem.ts'
import type { JsonSchema } from '../json-schema.ts'
import { html, inline, json, prose, type Html } from './html.ts'
import { page } from './page.ts'
import { anchorOf, fieldsOf, schemaView } from './schema.ts'

type Row = { readonly path: string; readonly method: string; readonly operation: Operation }

/** `/api/docs`: the OpenAPI document for people. */
export const apiPage = (document: OpenApi): string => {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): Row => ({ path, method, operation })))
  const schemas = (document.components['schemas'] ?? {}) as Readonly<Record<string, JsonSchema>>
  const groups = document.tags.map((tag) => ({ ...tag, rows: rows.filter(({ operation }) => operation.tags.includes(tag.name)) }))
  return page({
    title: 'The API', at: '/api/docs',
    contents: html`${groups.map(({ name, rows: own }) => html`<a href="#${name}">${name}</a><ul>${own.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}</ul>`)}<a href="#schemas">Schemas</a>`,
    main: html`
${prose(document.info.description)}
<h4>For example</h4>
<pre tabindex="0"><code>curl -sS http://localhost:8080/api/deployments -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: first' -d '{"name": "demo"}'</code></pre>
${groups.map(({ name, description, rows: own }) => html`<section aria-labelledby="${name}"><h2 id="${name}">${name}</h2>${prose(description)}${own.map((row) => operationView(row, document))}</section>`)}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>${Object.entries(schemas).map(([name, schema]) => html`<article id="${anchorOf(name)}"><h3>${name}</h3>${typeof schema['description'] === 'string' ? prose(schema['description']) : ''}${fieldsOf(schema)}</article>`)}</section>`,
  })
}

const operationView = ({ path, method, operation }: Row, document: OpenApi): Html => {
  const { operationId, summary, description, parameters, requestBody, responses, security, servers } = operation
  return html`<article id="${operationId}"><h3>${summary}</h3>
<p class="path"><span class="verb ${method}">${method.toUpperCase()}</span>${path}</p>
${description === undefined ? '' : prose(description)}
<p class="kind">${security.length === 0 ? 'Open to everybody.' : security.map((one) => (Object.hasOwn(one, 'operator') ? 'Needs the operator token.' : 'Needs the gateway\u2019s user and password.'))}${servers ? ' At the gateway\u2019s own port.' : ''}</p>
${(['path', 'query', 'header'] as const).map((place) => parametersView(parameters.filter((parameter) => parameter.in === place), { path: 'In the path', query: 'In the query', header: 'In the headers' }[place]))}
${requestBody && html`<h4>Body</h4>${Object.entries(requestBody.content).map(([type, media]) => mediaView(type, media))}`}
<h4>Answers</h4><ul class="plain">${Object.entries(responses).filter(([status]) => status !== 'default').map(([status, response]) => responseView(status, response, document))}</ul></article>`
}

const parametersView = (parameters: readonly Parameter[], heading: string): Html | '' =>
  parameters.length === 0 ? '' : html`<h4>${heading}</h4>${fieldsOf({
    properties: Object.fromEntries(parameters.map(({ name, schema, description }) => [name, description === undefined ? schema : { ...schema, description }])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  })}`

const mediaView = (type: string, { schema, example }: Media): Html =>
  html`${schema ? schemaView(schema) : html`<p class="kind">${type}</p>`}${example === undefined ? '' : html`<details><summary>Example</summary>${json(example)}</details>`}`

/** An answer with problems is told by their codes, each a link to its page. */
const responseView = (status: string, response: Response | { readonly $ref: string }, { components }: OpenApi): Html => {
  if (!('$ref' in response)) {
    return html`<li><span class="status">${status}</span>${inline(response.description)}${Object.entries(response.content ?? {}).map(([type, media]) => mediaView(type, media))}</li>`
  }
  const codes = response.$ref.slice(response.$ref.lastIndexOf('/') + 1).split('.')
  const known = Object.keys(components['examples'] ?? {})
  return html`<li><span class="status">${status}</span>${codes.filter((code) => known.includes(code)).map((code) => html`<a href="${problemPath(code)}"><code>${code}</code></a> `)}</li>`
}
