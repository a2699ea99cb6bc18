import { toHeaders, type DeliveryHead } from '../../delivery/cloud-event.ts'
import { sign, SIGNATURE_HEADER } from '../../delivery/signature.ts'
import type { FunctionCall } from '../function-event.ts'
import type { ReplyHeaders } from '../handler.ts'

/** A call as the gateway hands it over; an object body is JSON. */
export const callOf = (method: string, path: string, body?: string | object, headers: Readonly<Record<string, string>> = {}): FunctionCall => {
  const [pathname = '/', search = ''] = path.split('?')
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const type: Record<string, string> = typeof body === 'object' ? { 'content-type': 'application/json' } : {}
  return { method, path: pathname, search, body: bytes, headers: { 'x-call-id': 'call-1', ...type, ...headers }, signal: new AbortController().signal }
}

/** A delivery as the dispatcher sends it. */
export const deliveryOf = (head: DeliveryHead, data: unknown, key: string, atMs = Date.now()): FunctionCall => {
  const body = JSON.stringify(data)
  const signature = sign(key, { id: head.id, type: head.type, sequence: head.sequence, body: Buffer.from(body) }, atMs)
  return callOf('POST', '/', body, { ...toHeaders(head), [SIGNATURE_HEADER]: signature })
}

/** Headers of an answer none of which stands twice. */
export const singly = (headers: ReplyHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => {
    if (typeof value !== 'string') throw new Error(`${name} stands several times`)
    return [name, value]
  }))
