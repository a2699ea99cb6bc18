import { expect, test } from 'vitest'
import type { RecordedEvent, StreamName } from '../../../events/envelope.ts'
import { LongStreams } from './long-streams.ts'

const stream = (id: string): StreamName => `deployment.${id}`
const events = (count: number) => Array.from({ length: count }, (_, revision) => ({ revision }) as RecordedEvent)

test('short streams are not kept, long ones are until others are read more lately', () => {
  const kept = new LongStreams()
  kept.keep(stream('short'), { events: events(99), sequence: 99 })
  kept.keep(stream('a'), { events: events(20_000), sequence: 20_000 })
  kept.keep(stream('b'), { events: events(20_000), sequence: 40_000 })
  kept.keep(stream('a'), { events: events(20_001), sequence: 40_001 })
  kept.keep(stream('c'), { events: events(20_000), sequence: 60_000 })
  expect(['short', 'a', 'b', 'c'].map((id) => kept.get(stream(id)).sequence)).toEqual([0, 40_001, 0, 60_000])
})

test('one that alone is too long is read each time', () => {
  const kept = new LongStreams()
  kept.keep(stream('a'), { events: events(50_001), sequence: 50_001 })
  expect(kept.get(stream('a')).events).toEqual([])
})

test('all of it is forgotten at once', () => {
  const kept = new LongStreams()
  kept.keep(stream('a'), { events: events(100), sequence: 100 })
  kept.forget()
  expect(kept.get(stream('a')).sequence).toBe(0)
})
