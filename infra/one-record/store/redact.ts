import { decodeCommit, type CommitHeader, type Op } from './commit.ts'

/**
 * Which rows and bodies of a commit are to be overwritten, by the key that the row has from then on, which is as long; null: it stays. A
 * row that nothing came after is still read: it is never one of them, and only of one that is deleted the key may become another.
 */
export type Redaction = (op: Op) => string | null

/**
 * The same commit without some of its content, byte for byte as long, so that the log stays dense and every offset in it right: values become `null` or, where that has no room, `0`, and the bodies that were placed with them here spaces. A body
 * that another row of this commit places as well stays.
 * @throws Error when it is no commit, or not a whole one; RangeError for a key of another length
 */
export const redactCommit = (n: number, bytes: Buffer, redacts: Redaction): { readonly bytes: Buffer; readonly header: CommitHeader; readonly rows: number } => {
  const { header, ops } = decodeCommit(n, bytes)
  const opsFrom = bytes.length - header.ops
  const redacted = Buffer.from(bytes)
  const chosen = new Map(ops.flatMap((op) => {
    const key = redacts(op)
    return key === null ? [] : [[op, key] as const]
  }))
  const kept = new Set(ops.filter((op) => !chosen.has(op)).flatMap(({ place }) => (place ? [place.join(' ')] : [])))

  let from = opsFrom
  for (const op of ops) {
    const end = bytes.indexOf(NEWLINE, from) + 1
    const key = chosen.get(op)
    if (key !== undefined) {
      const length = Buffer.byteLength(op.key)
      if (Buffer.byteLength(key) !== length) throw new RangeError(`${key} is not as long as the key that it is to replace`)
      redacted.write(key, from)
      if (op.json !== null) blank(redacted, from + length + 1, Buffer.byteLength(op.json))
      const { place } = op
      if (place?.[0] === n && !kept.has(place.join(' ')) && place[1] + place[2] <= opsFrom) redacted.fill(SPACE, place[1], place[1] + place[2])
    }
    from = end
  }
  return { bytes: redacted, header, rows: chosen.size }
}

const [NEWLINE, SPACE] = [0x0a, 0x20]

/** JSON of the same length that says nothing. */
const blank = (bytes: Buffer, at: number, length: number): void => {
  bytes.fill(SPACE, at, at + length)
  bytes.write(length < 4 ? '0' : 'null', at)
}
