import type { NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Seal } from '../seal.ts'

const headers = z.record(z.string(), z.string().optional())

/** A call as it waits in the queue, but for its body. */
export const callHeadSchema = z.strictObject({
  callId: z.string(), name: z.string(), namespace: z.string(), method: z.string(), path: z.string(), search: z.string(), headers,
  /** Where its result goes; null: nowhere. */
  callback: z.string().nullable(),
})
export type CallHead = z.output<typeof callHeadSchema>

/** The result of a call on the way to its callback, but for its body. */
export const resultHeadSchema = z.strictObject({
  callId: z.string(), name: z.string(), namespace: z.string(), status: z.number().int(), seconds: z.number(), contentType: z.string().nullable(), callback: z.string(),
})
export type ResultHead = z.output<typeof resultHeadSchema>

/** Head and body as one sealed message: headers of a caller may hold credentials. */
export const pack = (seal: Seal, head: CallHead | ResultHead, body: Uint8Array): Buffer => {
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(json.length)
  return seal.seal(Buffer.concat([length, json, body]))
}

/** @throws Error when it is none of ours */
export const unpack = <T>(seal: Seal, schema: z.ZodType<T>, sealed: Uint8Array): { readonly head: T; readonly body: Buffer } => {
  const plain = seal.open(sealed)
  const end = LENGTH_BYTES + plain.readUInt32BE(0)
  return { head: schema.parse(JSON.parse(plain.subarray(LENGTH_BYTES, end).toString('utf8'))), body: plain.subarray(end) }
}

const LENGTH_BYTES = 4

/** Left of a message of the broker for heads and sealing, bytes; node:http takes no more headers than a quarter of it. */
const RESERVED_BYTES = 64 * 1024
/** The broker's limit unless it is configured; what a connection says of it is unknown while it is away. */
const USUAL_PAYLOAD = 1024 * 1024

/** Largest body that fits into one message. */
export const bodyLimit = ({ info }: Pick<NatsConnection, 'info'>): number => (info?.max_payload ?? USUAL_PAYLOAD) - RESERVED_BYTES
