import { requestIri, type Server } from '../endpoints/server.ts'
import { listAnswer, readPage } from '../holder/page.ts'
import { plainJson } from '../holder/plain-json.ts'
import type { Answer } from '../http/answer.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call, Routes } from '../http/router.ts'
import type { Remote } from '../remote/client.ts'
import { scanPage } from '../store/scan-page.ts'
import { offerSubscription } from './offer.ts'
import { subscriptionInformation } from './propose.ts'
import { hasEnded, SUBSCRIPTIONS, type Active } from './rows.ts'
import { subscribe } from './subscribe.ts'
import { putWishes, readWishes, wishesOf, wishesSchema } from './wishes.ts'

/** Endpoints of subscriptions (API 2.3.0, Subscriptions), and the holder's for them. */
export const subscriptionRoutes = (server: Server, remote: Remote): Routes => ({
  subscriptions: { GET: subscriptionInformation(server), POST: subscribe(server) },
  'holder/subscriptions': { GET: listSubscriptions(server) },
  'holder/wishes': { GET: readOwnWishes(server), PUT: writeOwnWishes(server) },
  'holder/subscription-offers': { POST: offerSubscription(server, remote) },
})

const readOwnWishes = ({ access, record }: Server) => async ({ agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  return plainJson({ wishes: await wishesOf(record.reader()) })
}

const writeOwnWishes = ({ access, record, maxBodyBytes }: Server) => async ({ request, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const wishes = readWishes(await readPlainJson(request, maxBodyBytes, wishesSchema))
  await record.write(async (tx) => putWishes(tx, wishes))
  return { status: 204, headers: {} }
}

/** GET /holder/subscriptions?limit&cursor: who is told what at present. A page may have fewer than `limit`, and a next all the same. */
const listSubscriptions = ({ base, access, record }: Server) => async ({ query, agent }: Call): Promise<Answer> => {
  access.holderOnly(agent)
  const { rows, last } = await scanPage<Active>(record.reader(), SUBSCRIPTIONS, readPage(query, SUBSCRIPTIONS))
  const items = rows.filter(({ value }) => !hasEnded(value, Date.now())).map(({ at, value: { id, topic, expiresAt, ...said } }) => ({
    request: requestIri(base, id), topicType: topic.type, topic: topic.iri, ...said, since: new Date(at).toISOString(), expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  }))
  return listAnswer(`${base}/holder/subscriptions`, query, items, last)
}
