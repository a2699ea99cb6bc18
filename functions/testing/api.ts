import { expect } from 'vitest'
import type { ContractedHandler } from '../../infra/functions/api.ts'
import { runHandler } from '../../infra/functions/run-handler.ts'
import { callOf, singly } from '../../infra/functions/testing/calls.ts'
import { brokenPromises } from '../../infra/functions/testing/promises.ts'
import { OPERATOR_TOKEN, type TestPlatform } from '../../infra/platform/testing.ts'
import { deploymentsApi } from '../deployments/handler.ts'

type Shown = {
  readonly id: string; readonly name: string; readonly url: string; readonly status: string; readonly wanted: string; readonly revision: number
  readonly settings: Readonly<Record<string, unknown>>; readonly clientId: string; readonly clientSecret?: string; readonly tokenUrl: string; readonly claim: { readonly id: string } | null; readonly reason: string | null
}
type Told = { readonly code: string; readonly field?: string; readonly detail: string }
export type Reply = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly json: Shown & Told }

/** Calls the deployments function as the gateway does, as the operator. */
export const apiOf = (platform: TestPlatform) => callerOf<Reply['json']>(deploymentsApi(async () => platform))

/** Calls a function that answers people as the gateway does, as the operator; each call has a call id of its own, and each answer is held against the contract. */
export const callerOf = <Json>(handler: ContractedHandler) => {
  let calls = 0
  return async (method: string, path: string, body?: string | object, headers: Readonly<Record<string, string>> = {}): Promise<Omit<Reply, 'json'> & { readonly json: Json }> => {
    const callId = `call-${(calls += 1)}`
    const call = callOf(method, path, body, { authorization: `Bearer ${OPERATOR_TOKEN}`, 'x-call-id': callId, ...headers })
    const { status, headers: given, body: bytes } = await runHandler(handler, call, { name: 'function', environment: {} })
    const [answered, text] = [singly(given), Buffer.from(bytes as Uint8Array).toString()]
    expect(brokenPromises(handler.contract, method, call.path, { status, headers: answered, text })).toEqual([])
    return { status, headers: answered, json: (text === '' ? {} : JSON.parse(text)) as Json }
  }
}
