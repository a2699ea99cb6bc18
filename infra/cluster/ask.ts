import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export type Question = { readonly host: string; readonly port: number; readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> }
export type Answer = { readonly status: number; readonly body: string }

const TIMEOUT_MS = 30_000

/** One request, at an address and with a Host of one's own, which fetch does not take. @throws Error when there is no answer within 30 s */
export const ask = (question: Question, body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request({ ...question, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject)
    })
    asking.once('error', reject).end(body)
  })
