import { decodeHeader, decodeOps, type CommitHeader, type Op } from './commit.ts'

/** Which rows and bodies of a commit are to be overwritten. A row that nothing came after is still read: it is never one of them. */
export type Redaction = (op: Op) => boolean

/**
 * The same commit without some of its content, byte for byte as long: rows keep their keys and places, so that the log stays dense and
 * every offset in it right; their values become `null` or, where that has no room, `0`, and the bodies they placed here spaces. A body
 * that another row of this commit places as well stays.
 * @throws Error when it is no commit, or not a whole one
 */
export const redactCommit = (n: number, bytes: Buffer, redacts: Redaction): { readonly bytes: Buffer; readonly header: CommitHeader; readonly rows: number } => {
  const { header, opsFrom, size } = decodeHeader(n, bytes)
  if (size !== bytes.length) throw new Error(`commit ${n} is not as long as its header says`)
  const redacted = Buffer.from(bytes)
  const ops = decodeOps(bytes.subarray(opsFrom))
  const chosen = new Set(ops.filter((op) => op.json !== null && redacts(op)))
  const kept = new Set(ops.filter((op) => !chosen.has(op)).flatMap(({ place }) => (place ? [place.join(' ')] : [])))

  let from = opsFrom
  for (const op of ops) {
    const end = bytes.indexOf(NEWLINE, from) + 1
    if (chosen.has(op)) {
      const value = from + Buffer.byteLength(op.key) + 1
      blank(redacted, value, Buffer.byteLength(op.json ?? ''))
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
