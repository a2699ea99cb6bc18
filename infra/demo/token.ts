import { clientCredentials, type Send, type TokenSource } from '../one-record/client/tokens.ts'
import type { Client } from './http.ts'

/** A deployment with what it was made with. */
export type MadeWithSecret = { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }

/** The demo asks once and sees what it gets: what passes by itself would be a fault of the playground. */
export const ONCE = { attempts: 1 } as const

/** By the demo's client, which finds `*.localhost`. */
export const sendBy = (client: Client): Send => (url, { method, headers, body }) => client.ask(url, { method, headers, ...(body === undefined ? {} : { body }) })

/** Tokens of a deployment for its holder (OAuth 2.0 client credentials). @param server base URL of the server they are for; its own by default */
export const tokensOf = (client: Client, { tokenUrl, clientId, clientSecret }: MadeWithSecret, server?: string): TokenSource =>
  clientCredentials({ tokenEndpoint: tokenUrl, clientId, clientSecret, ...(server === undefined ? {} : { resource: server }), send: sendBy(client), patience: ONCE })

/** Headers with a token of the deployment's own, fetched as any client would. @throws OneRecordError with the answer */
export const fetchToken = async (client: Client, made: MadeWithSecret): Promise<{ readonly authorization: string }> => ({ authorization: `Bearer ${await tokensOf(client, made).token()}` })
