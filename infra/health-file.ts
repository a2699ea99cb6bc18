import { writeFileSync } from 'node:fs'

/** How often it is written, milliseconds: several times between two checks. */
const BEAT_MS = 2_000

/**
 * While this process turns, a file that is empty is soon not empty any more. A container's check wants it full and empties it: two
 * builtins of a shell, where asking over HTTP would start a program each time (docs/decisions/0035).
 */
export const keepHealthFile = (path: string): void => {
  const beat = (): void => {
    try {
      writeFileSync(path, 'well\n')
    } catch {
      // then it stays empty, and that is what the check is to see
    }
  }
  beat()
  setInterval(beat, BEAT_MS).unref()
}
