import { textOf, type Clients, type Outcome } from './clients.ts'
import type { Kept, Ledger, Owned } from './ledger.ts'

/** What no failure excuses: an answer as if a deployment that its owner has were gone, or somebody else's data. */
const judge = (what: string, owned: Owned, outcome: Outcome, ledger: Ledger): void => {
  ledger.count(`${what} ${outcome.status || 'unanswered'}`)
  if (outcome.status === 410 || outcome.status === 421) ledger.broken.push(`${what} of ${owned.name}, which is ${owned.wanted}: ${outcome.status} ${textOf(outcome).slice(0, 200)}`)
}

export const visit = async (owned: Owned, edge: number, clients: Clients, ledger: Ledger): Promise<Outcome> => {
  const outcome = await clients.visit(`${owned.url}/`, edge)
  judge('visit', owned, outcome, ledger)
  if (outcome.status === 200 && !textOf(outcome).includes(owned.url)) ledger.broken.push(`a visit of ${owned.name} was answered by another: ${textOf(outcome).slice(0, 200)}`)
  return outcome
}

/** Creates a logistics object. Only what is answered with 201 counts: whoever had no answer knows nothing. */
export const post = async (owned: Owned, edge: number, text: string, clients: Clients, ledger: Ledger): Promise<void> => {
  const body = JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': text })
  const outcome = await clients.visit(`${owned.url}/logistics-objects`, edge, { method: 'POST', headers: { 'content-type': 'application/ld+json' }, body })
  judge('post', owned, outcome, ledger)
  if (outcome.status !== 201 || !('headers' in outcome)) return
  const iri = outcome.headers['location']
  if (iri?.startsWith(`${owned.url}/logistics-objects/`)) owned.objects.push({ iri, text })
  else ledger.broken.push(`201 of ${owned.name} with Location ${iri}`)
}

/** Reads an object that was acknowledged. `true` when it is what was posted. */
export const read = async (owned: Owned, { iri, text }: Kept, edge: number, clients: Clients, ledger: Ledger): Promise<boolean> => {
  const outcome = await clients.visit(iri, edge)
  judge('read', owned, outcome, ledger)
  const body = textOf(outcome)
  if (outcome.status === 200 && !body.includes(`"${text}"`)) ledger.broken.push(`${iri} is not what was posted (${text}): ${body.slice(0, 300)}`)
  // an edge that was just begun, or is cut off, does not know every host
  if (outcome.status === 404 && !body.includes('HOST_UNKNOWN')) ledger.broken.push(`${iri} was acknowledged and is not there: ${body.slice(0, 200)}`)
  return outcome.status === 200
}
