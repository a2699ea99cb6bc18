import { z } from 'zod'
import { contract } from '../../infra/functions/contract.ts'

const problem = z.looseObject({ code: z.string(), path: z.string(), title: z.string(), status: z.int(), kind: z.string(), happened: z.string(), remedy: z.string(), routes: z.array(z.string()), anywhere: z.boolean() })
  .meta({ id: 'ProblemType', description: 'A type of problem: what happened, what to do, and which routes give it.' })
const PROBLEM: z.input<typeof problem> = {
  code: 'NAME_TAKEN', path: '/problems/name-taken', title: 'name taken', status: 409, kind: 'rejected', happened: 'Another deployment has this name.', remedy: 'Choose another name.', routes: ['POST /api/deployments'], anywhere: false,
}
const PAGE_OR_JSON = ['application/json', 'text/html'] as const
const document = (description: string, mediaType: string) => ({
  headers: ['If-None-Match'], problems: [], answers: { 200: { description, mediaTypes: [mediaType], headers: ['ETag'] }, 304: { description: 'It is the one you have.', headers: ['ETag'] } },
} as const)

export const docsContract = contract({
  name: 'docs',
  title: 'Descriptions',
  description: 'What you are reading, and the same for programs. Open to everybody.',
  security: 'none',
  params: { type: z.string().meta({ description: 'The last part of a problem\'s `type`.', example: 'name-taken' }) },
  routes: {
    'GET /api/openapi.json': { ...document('The OpenAPI document.', 'application/json'), summary: 'Get the OpenAPI document' },
    'GET /api/asyncapi.json': { ...document('The AsyncAPI document.', 'application/json'), summary: 'Get the AsyncAPI document' },
    'GET /api/docs': { ...document('A page.', 'text/html'), summary: 'Read about the API' },
    'GET /api/events': { ...document('A page.', 'text/html'), summary: 'Read about the events' },
    'GET /problems': {
      summary: 'List the types of problems', description: 'A page for who accepts HTML, else JSON.', headers: ['If-None-Match'], problems: [],
      answers: { 200: { description: 'All of them.', mediaTypes: PAGE_OR_JSON, body: z.array(problem), example: [PROBLEM], headers: ['ETag'] }, 304: { description: 'They are those you have.', headers: ['ETag'] } },
    },
    'GET /problems/:type': {
      summary: 'Read about a type of problem', description: 'Where the `type` of problem details leads. A page for who accepts HTML, else JSON.', headers: ['If-None-Match'], problems: ['NOT_FOUND'],
      answers: { 200: { description: 'What happened, what to do, and which routes give it.', mediaTypes: PAGE_OR_JSON, body: problem, example: PROBLEM, headers: ['ETag'] }, 304: { description: 'It is the one you have.', headers: ['ETag'] } },
    },
  },
})
