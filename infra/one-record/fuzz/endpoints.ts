import type { Served } from '../testing/serve.ts'
import { newPart, type Part } from './report.ts'
import { requests, type Endpoint } from './requests.ts'
import { samples } from './samples.ts'
import { send } from './send.ts'
import { isTold } from './told.ts'

const PIECE = { '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'fuzz' }

/**
 * Every endpoint of a served application over HTTP: never 5xx, every 4xx an api:Error with title and code (or what OAuth says, at the
 * token endpoint), and nothing stored by what was refused. @param operations that it answers
 */
export const fuzzEndpoints = async ({ address, base, application }: Served, operations: readonly Endpoint[], cases: number, seed: number, say: (done: number) => void = () => {}): Promise<Part> => {
  const part = newPart('endpoints')
  const { ask, close } = send(address)
  const made = await Promise.all(Array.from({ length: 4 }, () => ask({ method: 'POST', path: '/logistics-objects', headers: { 'content-type': 'application/ld+json' }, body: Buffer.from(JSON.stringify(PIECE)) })))
  const ids = made.map(({ location }) => location.slice(location.lastIndexOf('/') + 1))

  let delivers = false
  for (const request of samples(requests(operations, ids, base), cases, seed)) {
    if (part.cases() % 500 === 0) say(part.cases())
    const before = application.report().usage
    const answer = await ask(request).catch((error: unknown) => String(error))
    const told = `${request.method} ${request.path} ${JSON.stringify(request.headers)} ${JSON.stringify(request.body?.toString('latin1').slice(0, 600) ?? '')}`
    if (typeof answer === 'string') {
      // a body that is refused may find its connection ended
      part.count('cut off')
      if (!/ECONNRESET|EPIPE|socket hang up/.test(answer)) part.find(`${answer}: ${told}`)
      continue
    }
    part.count(String(answer.status))
    if (answer.status >= 500) part.find(`${answer.status} ${answer.body.slice(0, 500)}: ${told}`)
    if (answer.status >= 400 && request.method !== 'HEAD' && !isTold(answer)) part.find(`${answer.status} without an error as it should be, ${answer.body.slice(0, 500)}: ${told}`)
    // what was taken may have to be delivered, and that is written down whenever it is
    if (answer.status < 300 && request.method !== 'GET' && request.method !== 'HEAD') delivers ||= !request.path.startsWith('/logistics-objects')
    const after = application.report().usage
    // the standard keeps requests that failed, and says where
    const wasRefused = answer.status >= 400 && answer.location === ''
    if (wasRefused && !delivers && (after.bytes !== before.bytes || after.objects !== before.objects)) part.find(`refused with ${answer.status}, but something was stored: ${told}`)
  }
  close()
  return part.done()
}
