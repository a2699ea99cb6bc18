import { expect } from 'vitest'
import { caller, holderToken, PIECE, serveClosed, type Caller } from '../access/testing/closed.ts'
import { changeBody, type Sent } from '../change/testing.ts'
import { grant, newAgent, type TestAgent } from '../requests/testing/agents.ts'
import { startStore } from '../testing/serve.ts'
import type { Version } from './requirement.ts'

export const API = 'https://onerecord.iata.org/ns/api#'
export const CARGO = 'https://onerecord.iata.org/ns/cargo#'
export const XSD = 'http://www.w3.org/2001/XMLSchema#'
export const context = { cargo: CARGO, api: API, xsd: XSD }
export const ALL = ['GET_LOGISTICS_OBJECT', 'PATCH_LOGISTICS_OBJECT', 'GET_LOGISTICS_EVENT', 'POST_LOGISTICS_EVENT']

export type Json = Readonly<Record<string, unknown>>
export type Party = { readonly uri: string; send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response> }

const speaking = (party: Caller, version: Version, uri: string): Party => ({
  uri, send: (method, path, body, headers = {}) => party.send(method, path, body, { accept: `application/ld+json; version=${version}`, ...headers }),
})

/**
 * A served record that asks everybody for a token and forbids openly, and who asks it: its holder, an agent that may do everything
 * with the objects of `shared`, one that may nothing, and nobody. All of them speak one version.
 */
export const startConformance = async () => {
  const minio = await startStore()
  const served = await serveClosed(minio, { hideForbidden: false })
  const owner = caller(served, await holderToken(served))
  const [carrier, stranger]: readonly TestAgent[] = await Promise.all([newAgent(served, owner, 'carrier'), newAgent(served, owner, 'stranger')])
  if (!carrier || !stranger) throw new Error('no agents')
  return {
    served, base: served.base, owner, carrier,
    parties: (version: Version) => ({
      holder: speaking(owner, version, `${served.base}/logistics-objects/_data-holder`), carrier: speaking(carrier, version, carrier.uri), stranger: speaking(stranger, version, stranger.uri),
      nobody: speaking(caller(served, null), version, ''),
    }),
    /** Makes an object that the carrier may do everything with. */
    shared: async (body: object = {}): Promise<string> => {
      const iri = await owner.make({ ...PIECE, ...body })
      await grant(owner, carrier, [iri], ALL)
      return iri
    },
    stop: async () => {
      await served.stop()
      await minio.stop()
    },
  }
}
export type Conformance = Awaited<ReturnType<typeof startConformance>>

export const must = async (status: number, asked: Promise<Response>): Promise<Response> => {
  const answer = await asked
  if (answer.status !== status) throw new Error(`${answer.url} answers ${answer.status}, not ${status}: ${await answer.text()}`)
  return answer
}
export const json = async (asked: Promise<Response>): Promise<Json> => (await (await must(200, asked)).json()) as Json
export const located = (answer: Response): string => answer.headers.get('location') ?? ''
export const headersOf = (answer: Response): Json => Object.fromEntries(answer.headers)
export const text = (part: string): unknown => expect.stringContaining(part)

/** The answer is an api:Error of this status, as the standard has it. */
export const expectError = async (status: number, asked: Promise<Response>): Promise<void> => {
  const answer = await asked
  expect(answer.status).toBe(status)
  expect(headersOf(answer)).toMatchObject({ 'content-type': text('application/ld+json'), 'content-language': 'en-US' })
  expect(await answer.json()).toMatchObject({
    '@id': expect.any(String) as unknown, '@type': 'api:Error', 'api:hasTitle': expect.stringMatching(/^[A-Z]/) as unknown,
    'api:hasErrorDetail': [{ '@type': 'api:ErrorDetail', 'api:hasCode': String(status), 'api:hasMessage': expect.stringMatching(/\w+ \w+/) as unknown }],
  })
}

export const change = (iri: string, revision: number, ...operations: readonly Sent[]) => changeBody(iri, revision, operations)
export const describeAs = (iri: string, revision: number, before: string, after: string) =>
  change(iri, revision, ['ADD', iri, 'goodsDescription', 'string', after], ['DELETE', iri, 'goodsDescription', 'string', before])
export const event = (more: object = {}) => ({ '@context': context, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': { '@type': 'xsd:dateTime', '@value': '2026-01-01T00:00:00Z' }, 'cargo:eventCode': { '@id': 'https://onerecord.iata.org/ns/code-lists/StatusCode#DEP' }, ...more })
export const verification = (iri: string, more: object = {}) => ({
  '@context': context, '@type': 'api:Verification', 'api:hasLogisticsObject': { '@id': iri }, 'api:hasRevision': { '@type': 'xsd:positiveInteger', '@value': '1' },
  'api:hasError': [{ '@type': 'api:Error', 'api:hasTitle': 'Gross weight missing', 'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': 'AWB07' } }], ...more,
})
/** A time of a query, in whole seconds. */
export const compact = (date: Date): string => `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
/** Statuses of an action request, without their namespace. */
export const statusOf = async (party: Party, request: string): Promise<string> => ((await json(party.send('GET', request)))['api:hasRequestStatus'] as { '@id': string })['@id'].replace('api:REQUEST_', '')
