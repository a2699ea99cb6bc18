import type { Client } from './http.ts'

/** A deployment with what it was made with. */
export type MadeWithSecret = { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string }

/** Headers with a token of the deployment's own (OAuth 2.0 client credentials), fetched as any client would. @throws Error with the answer */
export const fetchToken = async (client: Client, { tokenUrl, clientId, clientSecret }: MadeWithSecret): Promise<{ readonly authorization: string }> => {
  const { status, body } = await client.ask(tokenUrl, {
    method: 'POST', body: 'grant_type=client_credentials',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
  })
  if (status !== 200) throw new Error(`no token: ${status} ${body.toString('utf8').slice(0, 500)}`)
  return { authorization: `Bearer ${(JSON.parse(body.toString('utf8')) as { access_token: string }).access_token}` }
}
