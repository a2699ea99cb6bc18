import { HEADER, type StreamMessage } from '../nats/wire.ts'
import type { ShownPayload } from './port.ts'

/** A message as people read it, whatever is in it. */
export const show = (message: StreamMessage): ShownPayload => {
  const header = (name: string): unknown => parsed(message.header(name) ?? 'null')
  return {
    headers: {
      id: message.header(HEADER.id) ?? null, type: message.header(HEADER.type) ?? null,
      version: header(HEADER.version), metadata: header(HEADER.metadata), revision: header(HEADER.revision),
    },
    ...shownData(message.data),
    bytes: message.data.byteLength,
  }
}

const shownData = (data: Uint8Array): Pick<ShownPayload, 'encoding' | 'data'> => {
  const text = textOf(data)
  if (text === null) return { encoding: 'base64', data: Buffer.from(data).toString('base64') }
  try {
    return { encoding: 'json', data: JSON.parse(text) as unknown }
  } catch {
    return { encoding: 'text', data: text } // that it is not JSON may be why it was parked
  }
}

/** null for what is not UTF-8. */
const textOf = (data: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data)
  } catch {
    return null
  }
}

/** A header that should be JSON; as it is when it is not. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
