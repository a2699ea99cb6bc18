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
import { partner, PARTNERS, putPartner, removePartner, type Partner } from './partners.ts'

/** Body of POST /holder/partners. */
export const partnerSchema = z.strictObject({ uri: httpIri, name: title, issuer: z.optional(z.nullable(httpIri)), jwksUri: z.optional(z.nullable(httpIri)) })

/** GET /holder/partners?limit=&cursor= */
export const listPartners = ({ base, record, access }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<Partner>(record.reader(), PARTNERS, readPage(query, PARTNERS))
  return listAnswer(`${base}/holder/partners`, query, rows.map(({ value }) => value), last)
}

/** GET /holder/partners/{uri}: the URI percent-encoded. */
export const readPartner = ({ base, record, access }: Server) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const found = await partner(record.reader(), id)
  if (!found) throw notFound(partnerUrl(base, id))
  return plainJson(found)
}

/** POST /holder/partners: makes an agent known, or says anew what is known of it. @param forget tokens verified by what was known before */
export const writePartner = ({ base, record, access, maxBodyBytes }: Server, forget: () => void) => async ({ request, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { uri, name, issuer = null, jwksUri = null } = await readPlainJson(request, maxBodyBytes, partnerSchema)
  if (uri === objectIri(base, DATA_HOLDER)) throw unprocessable('The holder is no partner of its own.', { resource: uri })
  const [value, isNew] = await record.write(async (tx) => {
    const before = await partner(tx, uri)
    const after: Partner = { uri, name, issuer, jwksUri, since: before?.since ?? tx.at.toISOString() }
    putPartner(tx, after)
    tx.afterwards(forget)
    return [after, before === null] as const
  })
  return plainJson(value, isNew ? 201 : 200, isNew ? { location: partnerUrl(base, uri) } : {})
}

/** DELETE /holder/partners/{uri}: tokens that only this entry made good are good no more; grants stay. */
export const deletePartner = ({ base, record, access }: Server, forget: () => void) => async ({ id, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  await record.write(async (tx) => {
    if (!(await partner(tx, id))) throw notFound(partnerUrl(base, id))
    removePartner(tx, id)
    tx.afterwards(forget)
  }, { beyondLimit: true })
  return { status: 204, headers: {} }
}

const partnerUrl = (base: string, uri: string): string => `${base}/holder/partners/${encodeURIComponent(uri)}`
