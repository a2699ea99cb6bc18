import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import { DATA_HOLDER, type Server } from '../../endpoints/server.ts'
import { listAnswer, readPage } from '../../holder/page.ts'
import { plainJson } from '../../holder/plain-json.ts'
import type { Answer } from '../../http/answer.ts'
import { notFound, unprocessable } from '../../http/api-error.ts'
import { readPlainJson } from '../../http/json.ts'
import type { Call } from '../../http/router.ts'
import { objectIri } from '../../objects/split.ts'
import { scanPage } from '../../store/scan-page.ts'
import { httpIri, title } from '../schemas.ts'
import { clientOf, CLIENTS, hashOf, newSecret, putClient, removeClient, type Client } from './clients.ts'

/** Body of POST /holder/clients. */
export const newClientSchema = z.strictObject({ name: title, agent: httpIri })

/** GET /holder/clients?limit=&cursor=: no secrets, which nobody knows any more. */
export const listClients = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<Client>(record.reader(), CLIENTS, readPage(query, CLIENTS))
  return listAnswer(`${base}/holder/clients`, query, rows.map(({ value }) => shown(value)), last)
}

/** GET /holder/clients/{id} */
export const readClient = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const found = await clientOf(record.reader(), id)
  if (!found) throw notFound(clientUrl(base, id))
  return plainJson(shown(found))
}

/** POST /holder/clients: a client for an agent without an identity provider. Its secret is in this answer and nowhere else. */
export const createClient = ({ base, record, access, maxBodyBytes }: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { name, agent: of } = await readPlainJson(request, maxBodyBytes, newClientSchema)
  if (of === objectIri(base, DATA_HOLDER)) throw unprocessable('The holder has the client that came with the deployment, and no other.', { resource: of })
  const secret = newSecret()
  const client = await record.write(async (tx) => {
    const at = tx.at.toISOString()
    const made: Client = { id: randomUUID(), name, agent: of, secretHash: hashOf(secret), createdAt: at, rotatedAt: at }
    putClient(tx, made)
    return made
  })
  return plainJson({ ...shown(client), secret, tokenEndpoint: `${base}/oauth2/token` }, 201, { location: clientUrl(base, client.id) })
}

/** POST /holder/clients/{id}/secret: a new secret; the one before is good no more, tokens that it got run out within the hour. */
export const rotateClient = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const secret = newSecret()
  const client = await record.write(async (tx) => {
    const before = await clientOf(tx, id)
    if (!before) throw notFound(clientUrl(base, id))
    const after: Client = { ...before, secretHash: hashOf(secret), rotatedAt: tx.at.toISOString() }
    putClient(tx, after)
    return after
  })
  return plainJson({ ...shown(client), secret, tokenEndpoint: `${base}/oauth2/token` })
}

/** DELETE /holder/clients/{id}: its tokens are good no more at once. @param forget tokens verified before */
export const deleteClient = ({ base, record, access }: Server, forget: () => void) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  await record.write(async (tx) => {
    const client = await clientOf(tx, id)
    if (!client) throw notFound(clientUrl(base, id))
    removeClient(tx, client)
    tx.afterwards(forget)
  }, { beyondLimit: true })
  return { status: 204, headers: {} }
}

const shown = ({ secretHash: _, ...client }: Client) => client

const clientUrl = (base: string, id: string): string => `${base}/holder/clients/${encodeURIComponent(id)}`
