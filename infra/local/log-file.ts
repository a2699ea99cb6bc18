import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const MAX_BYTES = 8 * 1024 * 1024
const KEPT = 2
/** Of a longer line its beginning, characters. */
const MAX_LINE = 64 * 1024

/**
 * The log of one part: `<part>.log`, and when that is 8 MiB long `<part>.log.1` and `.2`; so never more than 24 MiB. Lines for which
 * the disk has no room are lost, and their number is written down when it has.
 */
export type LogFile = { write(line: string): void; /** The last lines, oldest first. */ tail(lines: number): readonly string[] }

export const logFile = (path: string, maxBytes = MAX_BYTES): LogFile => {
  mkdirSync(dirname(path), { recursive: true })
  let size = existsSync(path) ? statSync(path).size : 0
  const rotate = () => {
    for (let age = KEPT; age > 0; age -= 1) {
      const newer = age === 1 ? path : `${path}.${age - 1}`
      if (existsSync(newer)) renameSync(newer, `${path}.${age}`)
    }
    size = 0
  }
  let lost = 0
  const append = (line: string) => {
    const text = `${line}\n`
    if (size > 0 && size + Buffer.byteLength(text) > maxBytes) rotate()
    appendFileSync(path, text)
    size += Buffer.byteLength(text)
  }
  return {
    write: (line) => {
      const kept = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} ... (${line.length} characters)` : line
      try {
        if (lost > 0) append(`\n${lost} lines were lost: there was no room for them`) // behind the part of one
        lost = 0
        append(kept)
      } catch {
        lost += 1 // no part ends because its log cannot be written
      }
    },
    tail: (lines) => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines) : []),
  }
}
