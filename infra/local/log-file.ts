import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const MAX_BYTES = 8 * 1024 * 1024
const KEPT = 2

/** The log of one part: `<part>.log`, and when that is 8 MiB long `<part>.log.1` and `.2`; so never more than 24 MiB. */
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
  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line) + 1
      if (size > 0 && size + bytes > maxBytes) rotate()
      appendFileSync(path, `${line}\n`)
      size += bytes
    },
    tail: (lines) => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines) : []),
  }
}
