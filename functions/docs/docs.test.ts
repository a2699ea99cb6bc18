import { describe, expect, test } from 'vitest'
import { CATALOGUE, failure, toProblem, type ErrorCode } from '../../events/errors.ts'
import { runHandler } from '../../infra/functions/run-handler.ts'
import { callOf, singly } from '../../infra/functions/testing/calls.ts'
import { brokenPromises } from '../../infra/functions/testing/promises.ts'
import docs from './handler.ts'

const get = async (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') => {
  const { status, headers: given, body } = await runHandler(docs, callOf(method, path, undefined, headers), { name: 'docs', environment: {} })
  const answered = singly(given)
  const text = Buffer.from(body as Uint8Array).toString()
  expect(brokenPromises(docs.contract, method, path, { status, headers: answered, text })).toEqual([])
  return { status, headers: answered, text }
}
const AS_BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const ids = (page: string): readonly string[] => [...page.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)

test.each([['/api/openapi.json', 'openapi', '3.1.1'], ['/api/asyncapi.json', 'asyncapi', '3.0.0']])('%s is the document, without a token', async (path, field, version) => {
  const { status, headers, text } = await get(path)
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/json', 'no-cache'])
  expect(JSON.parse(text)).toMatchObject({ [field]: version })
})

test.each(['/api/openapi.json', '/api/docs', '/problems/name-taken'])('%s: who has it gets 304 and nothing else', async (path) => {
  const { etag = '' } = (await get(path)).headers
  expect(etag).toMatch(/^"[\w-]{27}"$/)
  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) expect(await get(path, { 'if-none-match': tags })).toMatchObject({ status: 304, text: '', headers: { etag } })
  expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
})

describe.each(['/api/docs', '/api/events', '/problems', ...Object.keys(CATALOGUE).map((code) => toProblem(failure(code as ErrorCode)).type)])('the page %s', (path) => {
  test('needs nothing from anywhere, runs no script, and leads nowhere in itself that is not there', async () => {
    const { status, headers, text } = await get(path, AS_BROWSER)
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /)
    expect(text).not.toMatch(/<script|<link|<img|style="| on\w+="|javascript:|undefined|\[object/)
    expect(new Set(ids(text)).size).toBe(ids(text).length)
    for (const [, target = ''] of text.matchAll(/href="#([^"]+)"/g)) expect(ids(text)).toContain(target)
  })
})

test('links between pages lead somewhere', async () => {
  const pages = new Map(await Promise.all(['/api/docs', '/api/events', '/problems', '/problems/name-taken', '/problems/invalid-field'].map(async (path) => [path, (await get(path, AS_BROWSER)).text] as const)))
  for (const text of pages.values()) {
    for (const [, path = '', fragment] of text.matchAll(/href="(\/[^"#]*)(?:#([^"]+))?"/g)) {
      const target = pages.get(path) ?? (await get(path, AS_BROWSER)).text
      if (fragment !== undefined) expect(ids(target)).toContain(fragment)
      pages.set(path, target)
    }
  }
  expect(pages.size).toBeGreaterThan(60)
})

test('a problem is a page for browsers, JSON for programs, and says which it depends on', async () => {
  const { headers, text } = await get('/problems/name-taken')
  expect(headers).toMatchObject({ 'content-type': 'application/json', vary: 'Accept' })
  expect(JSON.parse(text)).toMatchObject({ code: 'NAME_TAKEN', status: 409, routes: ['POST /api/deployments'] })
  expect((await get('/problems/name-taken', AS_BROWSER)).text).toContain('Choose another name.')
})

test('one that there is not is not found', async () => {
  expect(await get('/problems/name-stolen')).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } })
})
