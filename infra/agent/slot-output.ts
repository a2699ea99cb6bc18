import { appendFileSync, closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'
import { outputPath } from './slot-records.ts'

/** A file may grow to so much: the kernel refuses more of it. In bytes. */
export const OUTPUT_LIMIT = 8 * 1024 * 1024
/** So much within one look is a flood. */
const FLOOD_BYTES = OUTPUT_LIMIT / 2
/** What is kept when a slot that writes little has written this much over time. */
const TRIM_ABOVE_BYTES = 256 * 1024
const TAIL_BYTES = 16 * 1024

/** The last lines a slot wrote, oldest first; nothing when there is no such file. */
export const readTail = (folder: string, slot: string): readonly string[] =>
  tailOf(outputPath(folder, slot)).split('\n').filter((line) => line.trim() !== '')

/** Keeps the output of a slot small. Resolves to why it cannot be kept; null when it can. */
export const boundOutput = (folder: string, slot: string): string | null => {
  const path = outputPath(folder, slot)
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > FLOOD_BYTES) return `it flooded its output: ${size} bytes in a few seconds`
  if (size <= TRIM_ABOVE_BYTES) return null
  const tail = tailOf(path)
  truncateSync(path) // it appends: what it writes next comes to the new end
  appendFileSync(path, tail)
  return null
}

const tailOf = (path: string): string => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return '' // it never wrote, or is gone
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8', 0, read)
  } finally {
    closeSync(file)
  }
}
