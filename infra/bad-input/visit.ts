import type { LinkedRequest } from './linked-data.ts'
import type { Tally } from './report.ts'
import type { Answer, Client, Sent } from './send.ts'
import { shown } from './ask.ts'
import { faultsOfProblem } from './verdict.ts'

/** Asks one ONE Record server, and looks whether its object is as it was after what it refused. */
export type Visitor = { visit(request: LinkedRequest): Promise<void>; /** What it had made before is still there. */ settle(): Promise<void> }

const PIECE = Buffer.from(JSON.stringify({ '@context': { cargo: 'https://onerecord.iata.org/ns/cargo#' }, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'it stays as it is' }))
const LD = { 'content-type': 'application/ld+json' }
/** The object that the examples of the standard change. */
const EXAMPLE = 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c'
const REMEMBERED = 50

/** @throws Error when the server does not even take a right object */
export const visitor = async (client: Client, host: string, tally: Tally): Promise<Visitor> => {
  const send = (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body: Uint8Array | null = null): Promise<Answer> => client.send({ method, path, headers: { ...headers, host }, body })
  const made = await send('POST', '/logistics-objects', LD, PIECE)
  const location = String(made.headers['location'])
  if (made.status !== 201) throw new Error(`the server takes no object: ${made.status} ${made.text}`)
  const own = new URL(location).pathname
  const kept: string[] = []
  const state = async () => {
    const { status, headers, text } = await send('GET', own)
    return `${status} ${String(headers['revision'])} ${text}`
  }
  let before = await state()

  return {
    visit: async ({ method, path, headers, body }) => {
      const bytes = body && Buffer.from(Buffer.from(body.bytes).toString('latin1').replaceAll(EXAMPLE, location), 'latin1')
      const sent: Sent = { method, path: path.replace(/^own/, own), headers: { ...body?.headers, ...headers, host }, body: bytes }
      const operation = `${method} of a ONE Record server`
      try {
        const answer = await client.send(sent)
        tally.count(operation, String(answer.status))
        for (const fault of faultsOfLinked(method, answer)) tally.found(fault, operation, shown(sent))
        const now = await state()
        if (now !== before && answer.status >= 300) tally.found(`it refused with ${answer.status}, and its object is another: ${now.slice(0, 300)}`, operation, shown(sent))
        before = now
        if (answer.status === 201 && path === '/logistics-objects' && kept.length < REMEMBERED) kept.push(new URL(String(answer.headers['location'])).pathname)
      } catch (error) {
        tally.count(operation, 'none')
        tally.found(`no answer: ${String(error)}`, operation, shown(sent))
      }
    },
    settle: async () => {
      for (const path of kept) {
        const { status } = await send('GET', path)
        if (status !== 200) tally.found(`${path} was made, and is answered with ${status}`, 'objects', path)
      }
    },
  }
}

/** api:Error of the standard, or problem details where the edge refused before. */
const faultsOfLinked = (method: string, { status, headers, text }: Answer): readonly string[] => {
  const [type = ''] = String(headers['content-type'] ?? '').split(';')
  if (status >= 500) return [`${status}: ${text.slice(0, 300)}`]
  if (/\bat [\w.<>]+ \(|node:internal|\/infra\/|\.ts:\d+/.test(text)) return [`it tells what is inside: ${text.slice(0, 300)}`]
  if (status < 400 || method === 'HEAD') return []
  if (type === 'application/problem+json') return faultsOfProblem(status, type, text)
  return type === 'application/ld+json' && text.includes('"api:Error"') && text.includes(`"api:hasCode":"${status}"`) ? [] : [`a refusal that is no api:Error: ${status} ${type} ${text.slice(0, 200)}`]
}
