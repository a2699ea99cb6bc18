import { caller, holderToken, type Caller } from '../../access/testing/closed.ts'
import type { Served } from '../../testing/serve.ts'

/** An agent with a client of its own on the served deployment. */
export type TestAgent = Caller & { readonly uri: string }

export const holderCaller = async (served: Served): Promise<Caller> => caller(served, await holderToken(served))

/** A new agent: the holder makes it a client, and it fetches its token with that. */
export const newAgent = async (served: Served, holder: Caller, name: string): Promise<TestAgent> => {
  const uri = `https://${name}.test/logistics-objects/organization`
  const made = await holder.send('POST', '/holder/clients', { name, agent: uri }, { 'content-type': 'application/json' })
  const { id = '', secret = '' } = await made.json() as Readonly<Record<string, string>>
  const answer = await fetch(`${served.address}/oauth2/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }) })
  if (answer.status !== 200) throw new Error(`no token for ${name}: ${answer.status} ${await answer.text()}`)
  const { access_token: token } = await answer.json() as { readonly access_token: string }
  return { ...caller(served, token), uri }
}

/** The holder grants permissions on objects of its own. */
export const grant = async (holder: Caller, { uri }: TestAgent, objects: readonly string[], permissions: readonly string[]): Promise<void> => {
  const answer = await holder.send('POST', '/holder/grants', { objects, permissions, agent: uri }, { 'content-type': 'application/json' })
  if (answer.status !== 201) throw new Error(`no grant: ${answer.status} ${await answer.text()}`)
}
