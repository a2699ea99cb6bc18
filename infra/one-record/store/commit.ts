import * as z from 'zod/mini'
import type { Place } from './port.ts'

const natural = z.int().check(z.gte(0))
const text = z.string().check(z.minLength(1))

/**
 * First line of a commit. The bodies follow, `bodies` bytes, then the operations, `ops` bytes: last, so that the place of a body
 * is known when it is kept. A `fence` says that a claim took the record, a `tombstone` that nobody may again; the platform writes
 * them too (infra/credentials/fence.ts), without anything after them.
 */
const headerSchema = z.strictObject({
  format: z._default(z.literal(2), 2),
  kind: z.enum(['write', 'fence', 'tombstone']),
  /** Made by the writer, unique. */
  commitId: text,
  epoch: natural,
  at: z.iso.datetime(),
  bodies: z._default(natural, 0),
  ops: z._default(natural, 0),
})
/** `n`: the commit's place in the log, from its key. */
export type CommitHeader = Readonly<z.infer<typeof headerSchema>> & { readonly n: number }

/** What a commit does to one row: `json` is its new value as JSON, null takes the row away. */
export type Op = { readonly key: string; readonly json: string | null; readonly place: Place | null }

/** Length of the first line, its newline included; what is short is filled with spaces. */
export const HEADER_BYTES = 256

type OwnHeader = Omit<z.input<typeof headerSchema>, 'format' | 'bodies' | 'ops'>

/** A commit's object in pieces, so that no body is copied. */
export const commitChunks = (header: OwnHeader, ops: readonly Op[], bodies: readonly Buffer[]): readonly Buffer[] => {
  const operations = Buffer.from(ops.map(lineOf).join(''))
  const size = bodies.reduce((sum, { length }) => sum + length, 0)
  const first = JSON.stringify({ format: 2, ...header, bodies: size, ops: operations.length })
  if (first.length >= HEADER_BYTES) throw new RangeError(`the header of a commit takes ${first.length} bytes`)
  return [Buffer.from(`${first.padEnd(HEADER_BYTES - 1)}\n`), ...bodies, operations]
}

/** A commit's object as a whole. */
export const encodeCommit = (header: OwnHeader, ops: readonly Op[] = [], bodies: readonly Buffer[] = []): Buffer => Buffer.concat(commitChunks(header, ops, bodies))

/** The header of commit `n`, and where its operations begin; `bytes` are its first 256 or more. @throws Error when it is no commit */
export const decodeHeader = (n: number, bytes: Buffer): { readonly header: CommitHeader; readonly opsFrom: number; readonly size: number } => {
  const newline = bytes.indexOf('\n')
  const end = newline < 0 ? bytes.length : newline + 1
  const header = { ...headerSchema.parse(JSON.parse(bytes.toString('utf8', 0, end))), n }
  return { header, opsFrom: end + header.bodies, size: end + header.bodies + header.ops }
}

/** @throws Error when it is no commit, or not a whole one */
export const decodeCommit = (n: number, bytes: Buffer): { readonly header: CommitHeader; readonly ops: readonly Op[] } => {
  const { header, opsFrom, size } = decodeHeader(n, bytes)
  if (size !== bytes.length) throw new Error(`commit ${n} is not as long as its header says`)
  return { header, ops: decodeOps(bytes.subarray(opsFrom)) }
}

// Neither a key nor JSON holds a tab or a newline.
const lineOf = ({ key, json, place }: Op): string => (json === null ? `${key}\n` : `${key}\t${json}\t${place === null ? '' : place.join(' ')}\n`)

/** The operations of a commit: a line each, `key TAB value TAB place`, of a deletion only the key. @throws Error */
export const decodeOps = (bytes: Buffer): readonly Op[] =>
  bytes.toString().split('\n').slice(0, -1).map((line): Op => {
    const [key = '', json, place] = line.split('\t')
    if (key === '') throw new Error('an operation names no row')
    return { key, json: json ?? null, place: place === undefined ? null : placeOf(place) }
  })

/** A place as text, null when there is none. @throws Error */
export const placeOf = (text: string): Place | null => {
  if (text === '') return null
  const [commit, offset, bytes, ...more] = text.split(' ').map(Number)
  if (!isNatural(commit) || !isNatural(offset) || !isNatural(bytes) || more.length > 0) throw new Error(`${text} is no place`)
  return [commit, offset, bytes]
}
const isNatural = (value: number | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0
