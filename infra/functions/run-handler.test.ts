import { describe, expect, test } from 'vitest'
import type { FunctionHandler } from './handler.ts'
import { runHandler } from './run-handler.ts'
import { callOf } from './testing/calls.ts'

const run = async (handler: FunctionHandler, ...parts: Partial<Parameters<typeof callOf>>) => {
  const [method = 'POST', path = '/', ...rest] = parts
  const { status, headers, body } = await runHandler(handler, callOf(method, path, ...rest), { name: 'f', environment: { A: '1' } })
  return { status, type: headers['content-type'], headers, text: body instanceof Uint8Array ? Buffer.from(body).toString() : body }
}

describe('what a handler may answer', () => {
  test.each<[string, FunctionHandler, object]>([
    ['an object', () => ({ a: 1 }), { status: 200, type: 'application/json', text: '{"a":1}' }],
    ['a list', () => [1], { status: 200, type: 'application/json', text: '[1]' }],
    ['a text', async () => 'x', { status: 200, type: 'text/plain; charset=utf-8', text: 'x' }],
    ['a number', () => 7, { status: 200, type: 'text/plain; charset=utf-8', text: '7' }],
    ['bytes', () => Buffer.from('b'), { status: 200, type: 'application/octet-stream', text: 'b' }],
    ['nothing', () => undefined, { status: 200, type: undefined, text: '' }],
    ['null', () => null, { status: 200, type: undefined, text: '' }],
    ['the context', (_, context) => context.status(201).headers({ 'Content-Type': 'application/ld+json' }).succeed({ a: 1 }), { status: 201, type: 'application/ld+json', text: '{"a":1}' }],
    ['succeed without return', (_, context) => void context.succeed('x'), { status: 200, text: 'x' }],
    ['a status and a value', (_, context) => (context.status(203), 'x'), { status: 203, text: 'x' }],
    ['only a status', (_, context) => context.status(204), { status: 204, text: '' }],
  ])('%s', async (_, handler, expected) => expect(await run(handler)).toMatchObject(expected))

  test('fail tells a reason that was given, and nothing else', async () => {
    const told = await run((_, context) => context.fail('no cargo'))
    expect([told.status, JSON.parse(String(told.text))]).toMatchObject([500, { code: 'FUNCTION_FAILED', detail: 'Function f failed: no cargo.' }])
    for (const handler of [() => { throw new Error('secret') }, async () => { throw new Error('secret') }, (_: unknown, context: Parameters<FunctionHandler>[1]) => context.fail(new Error('secret'))]) {
      const kept = await run(handler)
      expect([kept.status, kept.type]).toEqual([500, 'application/problem+json'])
      expect(kept.text).not.toContain('secret')
    }
  })
})

describe('what a handler gets as body', () => {
  test.each([
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/ld+json; profile="x"', '{"@id":"x"}', { '@id': 'x' }],
    ['Application/JSON', '[1]', [1]],
    ['text/turtle', 'a', 'a'],
    ['application/x-www-form-urlencoded', 'a=b', 'a=b'],
    ['image/png', 'p', Buffer.from('p')],
    ['application/jsonlines', 'p', Buffer.from('p')],
    ['application/json', '', undefined],
  ])('%s', async (type, body, expected) => {
    let seen: unknown = 'never called'
    await run((event) => void (seen = event.body), 'POST', '/', body, { 'content-type': type })
    expect(seen).toEqual(expected)
  })

  test('the bytes as they came, and the environment of this function', async () => {
    const reply = await run(({ rawBody }, { environment, name }) => ({ raw: rawBody.toString(), environment, name }), 'POST', '/', '{broken', { 'content-type': 'application/json' })
    expect(JSON.parse(String(reply.text))).toEqual({ raw: '{broken', environment: { A: '1' }, name: 'f' })
  })
})
