import { expect, test } from 'vitest'
import type { Reply } from './exact-http.ts'

/** What it is, what is sent, and the status, code and field of the refusal. */
export type Case = readonly [what: string, sent: string, status: number, code: string, field?: string]

/** Problem details (RFC 9457) with that code, and that field if one is to blame. */
export const expectProblem = (reply: Reply, status: number, code: string, field?: string): void => {
  expect(reply).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' }, json: { status, code, detail: expect.stringMatching(/\.$/) } })
  expect((reply.json as { field?: string }).field).toBe(field)
}

export const expectApiError = (reply: Reply, status: number, title: string): void => {
  expect(reply).toMatchObject({
    status, headers: { 'content-type': expect.stringMatching(/^application\/ld\+json; version=/) },
    json: { '@type': 'api:Error', 'api:hasTitle': title, 'api:hasErrorDetail': [{ '@type': 'api:ErrorDetail', 'api:hasCode': String(status), 'api:hasMessage': expect.stringMatching(/./) }] },
  })
}

/** One test a case. */
export const refuses = (what: string, send: (sent: string) => Promise<Reply>, cases: readonly Case[]): void => {
  for (const [which, sent, status, code, field] of cases) test(`${what} ${which}`, async () => expectProblem(await send(sent), status, code, field))
}
