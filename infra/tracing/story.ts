import { decodeHeader } from '../delivery/cloud-event.ts'
import type { SpanOptions } from './span.ts'

/** What a call of a function belongs to, by its headers. A delivery's story began elsewhere; any other call begins one. */
export const storyOf = (headers: Readonly<Record<string, string | undefined>>): Pick<SpanOptions, 'parent' | 'correlationId' | 'cause'> => {
  const { 'ce-correlationid': story, 'ce-id': event, 'x-call-id': call, traceparent: parent = null } = headers
  return { parent, correlationId: story === undefined ? call : decodeHeader(story), cause: event === undefined ? call : decodeHeader(event) }
}
