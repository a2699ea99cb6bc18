import type { StreamMessage } from '../nats/wire.ts'

/** Which letter: as its history tells it. */
export type LetterAddress = { readonly letterId: string; readonly group: string; readonly subject: string }

/** A payload as people read it. */
export type ShownPayload = {
  /** What travelled with the data, by the names of the envelope; null where nothing did. */
  readonly headers: Readonly<Record<'id' | 'type' | 'version' | 'metadata' | 'revision', unknown>>
  /** How `data` is shown: parsed, else as text, else as base64. */
  readonly encoding: 'json' | 'text' | 'base64'
  readonly data: unknown
  readonly bytes: number
}

/** The payloads of dead letters. Their histories are aggregates: infra/aggregates/letters.ts. */
export type Payloads = {
  /** The message as it lay in its stream when it was parked: subject, sequence and time are those; null when there is none. @throws STORE_UNAVAILABLE */
  read(letter: LetterAddress): Promise<StreamMessage | null>
  /** The same for people. @throws STORE_UNAVAILABLE */
  show(letter: LetterAddress): Promise<ShownPayload | null>
}
