import type { LogLine } from '../../function-logs.ts'

/** Lines in memory at most, to be put in order. */
const WINDOW = 4_000

const earlierFirst = (a: LogLine, b: LogLine): number => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0)

/** Lines of several replicas, by their time, as far as they are not longer than a window apart. */
export async function* inOrder(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  let waiting: LogLine[] = []
  for await (const line of lines) {
    waiting.push(line)
    if (waiting.length < WINDOW) continue
    waiting.sort(earlierFirst)
    yield* waiting.slice(0, WINDOW / 2)
    waiting = waiting.slice(WINDOW / 2)
  }
  yield* waiting.sort(earlierFirst)
}

/** The newest `count` of them, by their time. */
export const newest = async (lines: AsyncIterable<LogLine>, count: number): Promise<readonly LogLine[]> => {
  let kept: LogLine[] = []
  const trim = () => { kept = count === 0 ? [] : kept.sort(earlierFirst).slice(-count) }
  for await (const line of lines) if (kept.push(line) >= 2 * count + WINDOW) trim()
  trim()
  return kept
}
