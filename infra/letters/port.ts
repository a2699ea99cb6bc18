import type { StreamMessage } from '../nats/wire.ts'

/** Which letter: as its history tells it. */
export type LetterAddress = { readonly letterId: string; readonly group: string; readonly subject: string }

/** The payloads of dead letters. Their histories are aggregates: infra/aggregates/letters.ts. */
export type Payloads = {
  /** The message as it lay in its stream when it was parked: subject, sequence and time are those; null when there is none. @throws STORE_UNAVAILABLE */
  read(letter: LetterAddress): Promise<StreamMessage | null>
}
