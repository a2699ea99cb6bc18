import * as z from 'zod/mini'

const natural = z.int().check(z.gte(0))
const text = z.string().check(z.minLength(1))

const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('object'), id: text, type: text, revision: natural, bytes: natural }),
  z.strictObject({ kind: z.literal('request'), id: text, type: text, object: text, bytes: natural }),
])

/**
 * First line of a commit; the bodies of its entries follow, each on a line, in their order. A `fence` says that a claim took the
 * record, a `tombstone` that nobody may again; the platform writes them too (infra/credentials/fence.ts), without entries.
 */
const headerSchema = z.strictObject({
  format: z._default(z.literal(1), 1),
  kind: z.enum(['write', 'fence', 'tombstone']),
  /** Made by the writer, unique. */
  commitId: text,
  epoch: natural,
  at: z.iso.datetime(),
  entries: z._default(z.readonly(z.array(entrySchema)), []),
})
/** `n`: the commit's place in the log, from its key. */
export type CommitHeader = Readonly<z.infer<typeof headerSchema>> & { readonly n: number }
export type Entry = CommitHeader['entries'][number]

/** An entry before it is written. */
export type Draft = { readonly entry: Entry; readonly body: Buffer }

/** Where a body lies: `offset` and `bytes` in the commit's object. */
export type Placed = { readonly entry: Entry; readonly offset: number }

const NEWLINE = Buffer.from('\n')

export const encodeCommit = (header: Omit<z.input<typeof headerSchema>, 'format' | 'entries'>, drafts: readonly Draft[]): Buffer => {
  const first = { format: 1, ...header, entries: drafts.map(({ entry }) => entry) }
  return Buffer.concat([Buffer.from(JSON.stringify(first)), NEWLINE, ...drafts.flatMap(({ body }) => [body, NEWLINE])])
}

/** @throws Error when it is no commit */
export const decodeCommit = (n: number, bytes: Buffer): { readonly header: CommitHeader; readonly placed: readonly Placed[] } => {
  const newline = bytes.indexOf(NEWLINE)
  const end = newline < 0 ? bytes.length : newline
  const header = { ...headerSchema.parse(JSON.parse(bytes.toString('utf8', 0, end))), n }
  let offset = end + 1
  const placed = header.entries.map((entry): Placed => {
    const here = offset
    offset += entry.bytes + 1
    return { entry, offset: here }
  })
  if (placed.length > 0 && offset !== bytes.length) throw new Error(`commit ${n} is not as long as its header says`)
  return { header, placed }
}
