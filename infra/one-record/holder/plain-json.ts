import type { Answer } from '../http/answer.ts'

/** An answer of the holder's API: plain JSON, for programs that know nothing of JSON-LD. */
export const plainJson = (value: unknown, status: 200 | 201 = 200, headers: Answer['headers'] = {}): Answer => ({
  status, body: JSON.stringify(value), headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
})
