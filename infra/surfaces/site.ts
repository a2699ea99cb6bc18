import { createHash } from 'node:crypto'
import asyncApiDocument from '../../docs/asyncapi.json' with { type: 'json' }
import openApiDocument from '../../docs/openapi.json' with { type: 'json' }
import type { AsyncApi } from './asyncapi/document.ts'
import type { OpenApi } from './openapi/document.ts'
import { apiPage } from './pages/api-page.ts'
import { eventsPage } from './pages/events-page.ts'
import { PAGE_POLICY } from './pages/page.ts'
import { problemPage, problemsPage } from './pages/problem-pages.ts'
import { problemTypes } from './problems/problem.ts'

/** What is served as it is: bytes, their type and a tag that changes with them. */
export type Served = { readonly body: string; readonly etag: string; readonly headers: Readonly<Record<string, string>> }
/** One problem type, for people and for programs. */
export type ServedProblem = { readonly html: Served; readonly json: Served }
export type Site = {
  readonly openapi: Served
  readonly asyncapi: Served
  readonly api: Served
  readonly events: Served
  readonly problems: ServedProblem
  /** By the last part of the path: `name-taken`. */
  readonly problem: ReadonlyMap<string, ServedProblem>
}

/** Everything that is served of docs/, rendered once. The documents are imported, not read: a bundle has them in it. */
export const readSite = (): Site => {
  const openapi = openApiDocument as unknown as OpenApi
  const asyncapi = asyncApiDocument as unknown as AsyncApi
  const types = problemTypes(openapi)
  return {
    openapi: asJson(openapi),
    asyncapi: asJson(asyncapi),
    api: asPage(apiPage(openapi)),
    events: asPage(eventsPage(asyncapi)),
    problems: { html: asPage(problemsPage(types)), json: asJson(types) },
    problem: new Map(types.map((type) => [type.path.slice('/problems/'.length), { html: asPage(problemPage(type, openapi)), json: asJson(type) }])),
  }
}

const asJson = (document: unknown): Served => served(JSON.stringify(document), { 'content-type': 'application/json' })
const asPage = (page: string): Served => served(page, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' })

const served = (body: string, headers: Served['headers']): Served => ({
  body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`, headers: { ...headers, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' },
})
