import * as z from 'zod/mini'
import { discoveryAnswer, documentsAnswer, keysAnswer, openApiAnswer, tokenAnswer } from './answers.ts'
import { bytes, form, json, type Declarations } from './declaration.ts'

const DOCUMENT = { summary: 'A document of a logistics object, whole or a range of it', who: 'agent', needs: 'GET_LOGISTICS_OBJECT', status: 200, or: 206, gives: bytes('*/*'), headers: ['Last-Modified', 'ETag', 'Content-Range', 'Content-Disposition', 'Repr-Digest'] } as const
const DISCOVERY = { summary: 'Where and how this server gives tokens', who: 'anybody', status: 200, gives: json(discoveryAnswer) } as const

const text = z.string()
/** Without client_id and client_secret these come by HTTP Basic (RFC 6749, section 2.3.1; `resource`: RFC 8707). */
const tokenForm = z.strictObject({ grant_type: z.literal('client_credentials'), client_id: z.optional(text), client_secret: z.optional(text), scope: z.optional(text), resource: z.optional(text) })

/** Beyond the standard, for more than the holder: documents, tokens, discovery. */
export const BEYOND = {
  'GET /logistics-objects/{id}/documents': { summary: 'Documents of a logistics object', who: 'agent', needs: 'GET_LOGISTICS_OBJECT', query: ['limit', 'cursor'], status: 200, gives: json(documentsAnswer) },
  'GET /logistics-objects/{id}/documents/{name}': DOCUMENT,
  'HEAD /logistics-objects/{id}/documents/{name}': DOCUMENT,
  'PUT /logistics-objects/{id}/documents/{name}': { summary: 'Keep a document', who: 'holder', sends: bytes('*/*', () => ({ type: 'text/plain', body: 'three pieces' })), status: 201, or: 204, headers: ['Location', 'ETag', 'Repr-Digest'] },
  'DELETE /logistics-objects/{id}/documents/{name}': { summary: 'Delete a document', who: 'holder', status: 204 },
  'POST /oauth2/token': { summary: 'A token for a client (RFC 6749, section 4.4)', who: 'anybody', sends: form(tokenForm, () => ({ grant_type: 'client_credentials', client_id: 'an id', client_secret: 'its secret' })), status: 200, gives: json(tokenAnswer) },
  'GET /.well-known/jwks.json': { summary: 'Keys that tokens of this server are signed with', who: 'anybody', status: 200, gives: json(keysAnswer) },
  'GET /.well-known/openid-configuration': DISCOVERY,
  'GET /.well-known/oauth-authorization-server': DISCOVERY,
  'GET /openapi.json': { summary: 'This document', who: 'anybody', status: 200, gives: json(openApiAnswer) },
} as const satisfies Declarations
