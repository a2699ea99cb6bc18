import { Parser } from '@asyncapi/parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import { CATALOGUE } from '../../events/errors.ts'
import { toHeaders, type DeliveryHead } from '../delivery/cloud-event.ts'
import { webhookHeaders } from '../delivery/webhook.ts'
import { generatedDocs, SURFACES } from '../docs/surfaces.ts'
import type { AsyncApi } from './asyncapi/document.ts'
import { DELIVERY_HEADERS, WEBHOOK_HEADERS } from './asyncapi/headers.ts'
import type { OpenApi } from './openapi/document.ts'
import { pathOf } from './surface.ts'

const docs = generatedDocs()
const openapi = JSON.parse(docs['openapi.json'] ?? '') as OpenApi
const asyncapi = JSON.parse(docs['asyncapi.json'] ?? '') as AsyncApi

const ajvWith = (document: object): Ajv2020 => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/)
  return ajv.addSchema(document, 'document')
}
/** What is wrong with `value` by the schema at a JSON pointer of the document; [] when nothing is. */
const checker = (document: object) => {
  const ajv = ajvWith(document)
  return (pointer: readonly (string | number)[], value: unknown): readonly string[] => {
    const path = pointer.map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = ajv.compile({ $ref: `document#/${path}` })
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${pointer.join('/')}${instancePath} ${message}`)
  }
}

describe('the OpenAPI document', () => {
  const check = checker(openapi)
  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

  test('is OpenAPI 3.1', async () => {
    expect(await new Validator().validate(docs['openapi.json'] ?? '')).toMatchObject({ valid: true })
  })

  test('has every route that is declared', () => {
    const declared = SURFACES.flatMap((surface) => Object.keys(surface.contract.routes).map((route) => `${route.split(' ')[0]?.toLowerCase()} ${pathOf(surface, route)}`))
    expect(operations.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(declared.toSorted())
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  })

  test.each(operations)('has examples that are as it says: $method $path', ({ path, method, operation }) => {
    let examples = 0
    const content = { ...(operation.requestBody ? { requestBody: operation.requestBody } : {}), ...Object.fromEntries(Object.entries(operation.responses).map(([status, response]) => [`responses/${status}`, response])) }
    for (const [place, told] of Object.entries(content)) {
      if (!('content' in told) || !told.content) continue
      for (const [type, { example, schema }] of Object.entries(told.content)) {
        if (!schema) continue
        examples += 1
        expect(check(['paths', path, method, ...place.split('/'), 'content', type, 'schema'], example)).toEqual([])
      }
    }
    for (const [index, { example }] of operation.parameters.entries()) if (example !== undefined) expect(check(['paths', path, method, 'parameters', index, 'schema'], example)).toEqual([])
    expect(examples).toBeGreaterThan(operation.requestBody ? 0 : -1)
  })

  test.each(SURFACES.flatMap(({ contract }) => Object.entries(contract.routes).map(([route, declared]) => [contract.name, route, declared] as const)))('has examples that the contract itself takes: %s %s', (_, __, { body, example, answers }) => {
    expect(body?.safeParse(example).error).toBeUndefined()
    for (const answer of Object.values(answers)) expect(answer.body?.safeParse(answer.example).error).toBeUndefined()
  })

  test('refers to nothing that is not there, and has nothing that is not referred to', () => {
    const referred = new Set([...(docs['openapi.json'] ?? '').matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`))
    const there = Object.entries(openapi.components).filter(([kind]) => kind !== 'securitySchemes').flatMap(([kind, named]) => Object.keys(named).map((name) => `${kind}/${name}`))
    expect(there.toSorted()).toEqual([...referred].toSorted())
  })

  test('tells problems as problem details', () => {
    for (const [name, told] of Object.entries(openapi.components['examples'] ?? {})) {
      expect(check(['components', 'schemas', 'Problem'], (told as { value: unknown }).value)).toEqual([])
      expect(told).toMatchObject({ value: { code: name, status: CATALOGUE[name as keyof typeof CATALOGUE].status, detail: expect.not.stringMatching(/\(\w+\)\./) } })
    }
  })
})

describe('the AsyncAPI document', () => {
  const check = checker(asyncapi)

  test('is AsyncAPI 3.0', async () => {
    const { document, diagnostics } = await new Parser().parse(docs['asyncapi.json'] ?? '')
    expect(document?.version()).toBe('3.0.0')
    expect(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([])
  }, 60_000)

  test('has every version of every event and message, with its example', () => {
    expect(Object.keys(asyncapi.components.messages)).toEqual(Object.entries(CATALOGUE_OF_EVENTS).flatMap(([type, { versions }]) => versions.map((_, index) => `${type}.v${index + 1}`)))
    for (const [name, { examples }] of Object.entries(asyncapi.components.messages)) expect(check(['components', 'schemas', name], examples[0]?.payload)).toEqual([])
  })

  test('has every one of them in a channel of NATS, events in what subscribers get, all in what functions get', () => {
    const { functions, webhooks, ...nats } = asyncapi.channels
    const all = Object.keys(asyncapi.components.messages)
    expect(Object.values(nats).flatMap(({ messages }) => Object.keys(messages)).toSorted()).toEqual(all.toSorted())
    expect(Object.keys(functions?.messages ?? {})).toEqual(all)
    expect(Object.keys(webhooks?.messages ?? {})).toEqual(all.filter((name) => CATALOGUE_OF_EVENTS[name.replace(/\.v\d+$/, '')]?.category !== 'message'))
  })

  test.each(['functions', 'webhooks'])('has headers of deliveries that are as it says: %s', (channel) => {
    for (const message of Object.values(asyncapi.channels[channel]?.messages ?? {})) {
      if (!('headers' in message)) throw new Error(`${channel} only refers to a message`)
      const { headers, examples } = message
      expect(check(headers.$ref.slice(2).split('/'), examples[0]?.headers)).toEqual([])
    }
  })

  test('knows every header that is really sent', () => {
    const head: DeliveryHead = { id: 'i', type: 'T', subject: 'events.x.y', sequence: '1', revision: 1, version: 1, at: '2026-03-02T10:00:00.000Z', metadata: { correlationId: 'c', causationId: 'd', actor: 'a', traceparent: 't' }, attempt: 1 }
    expect(Object.keys(WEBHOOK_HEADERS['properties'] as object).toSorted()).toEqual(Object.keys(webhookHeaders(['whsec_AA=='], head, Buffer.from('{}'), 0)).toSorted())
    expect(Object.keys(DELIVERY_HEADERS['properties'] as object).toSorted()).toEqual([...Object.keys(toHeaders(head)), 'x-playground-signature'].toSorted())
  })
})
