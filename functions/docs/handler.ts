import { failure } from '../../events/errors.ts'
import { api } from '../../infra/functions/api.ts'
import type { HttpReply, HttpRequest } from '../../infra/functions/router.ts'
import { readSite, type Served, type ServedProblem, type Site } from '../../infra/surfaces/site.ts'
import { docsContract } from './contract.ts'

type Asked = HttpRequest<unknown, unknown, unknown>

/** The descriptions of the API, of the events and of the problems: for people and for programs, open to everybody. */
export const docsApi = (site: () => Promise<Site>) => api(docsContract, {
  'GET /api/openapi.json': (request, { openapi }) => conditional(request, openapi),
  'GET /api/asyncapi.json': (request, { asyncapi }) => conditional(request, asyncapi),
  'GET /api/docs': (request, { api: page }) => conditional(request, page),
  'GET /api/events': (request, { events }) => conditional(request, events),
  'GET /problems': (request, { problems }) => negotiated(request, problems),
  'GET /problems/:type': (request, { problem }) => {
    const found = problem.get(request.params.type)
    if (!found) throw failure('NOT_FOUND', { path: `/problems/${request.params.type.slice(0, 100)}` })
    return negotiated(request, found)
  },
}, site)

/** 304 for who has it (RFC 9110, section 13.1.2). */
const conditional = ({ headers }: Asked, { body, etag, headers: own }: Served): HttpReply => {
  const has = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return has.includes(etag) || has.includes('*') ? { status: 304, headers: { ...own, etag } } : { status: 200, headers: { ...own, etag }, body }
}

/** A page for who asks for one: browsers do. */
const negotiated = (request: Asked, { html, json }: ServedProblem): HttpReply => {
  const reply = conditional(request, /\btext\/html\b/i.test(request.headers['accept'] ?? '') ? html : json)
  return { ...reply, headers: { ...reply.headers, vary: 'Accept' } }
}

let site: Site | undefined

export default docsApi(async () => (site ??= readSite()))
