import type { Server } from '../endpoints/server.ts'
import { plainJson } from '../holder/plain-json.ts'
import type { Answer } from '../http/answer.ts'
import { readPlainJson } from '../http/json.ts'
import type { Call, Routes } from '../http/router.ts'
import type { Remote } from '../remote/client.ts'
import { offerSubscription } from './offer.ts'
import { subscriptionInformation } from './propose.ts'
import { subscribe } from './subscribe.ts'
import { putWishes, readWishes, wishesOf, wishesSchema } from './wishes.ts'

/** Endpoints of subscriptions (API 2.3.0, Subscriptions), and the holder's for them. */
export const subscriptionRoutes = (server: Server, remote: Remote): Routes => ({
  subscriptions: { GET: subscriptionInformation(server), POST: subscribe(server) },
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
