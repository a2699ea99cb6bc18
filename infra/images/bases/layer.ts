import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** What lies at a path of an image. Times are left out: the same content is the same layer. */
export type Entry = {
  /** Without a leading slash, `usr/bin/env`. */
  readonly path: string
  readonly mode: number
  /** Numeric owner and group; root's when left out. */
  readonly owner?: number
} & ({ readonly kind: 'folder' } | { readonly kind: 'link'; readonly to: string } | { readonly kind: 'file'; readonly from: string } | { readonly kind: 'text'; readonly text: string })

export const folder = (path: string, mode = 0o755, owner = 0): Entry => ({ kind: 'folder', path, mode, owner })
export const link = (path: string, to: string): Entry => ({ kind: 'link', path, to, mode: 0o777 })
export const text = (path: string, content: string, mode = 0o644): Entry => ({ kind: 'text', path, text: content, mode })
export const file = (path: string, from: string, mode = 0o644): Entry => ({ kind: 'file', path, from, mode })

const BLOCK = 512
const KINDS = { file: '0', text: '0', link: '2', folder: '5' } as const

/** Writes a layer as tar (POSIX.1-2017, pax, "ustar Interchange Format"), sorted by path. Resolves to its diff id, `sha256:...`. */
export const writeLayer = async (entries: readonly Entry[], into: string): Promise<string> => {
  const hash = createHash('sha256')
  const tar = await open(into, 'w')
  const put = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes)
    await tar.write(bytes)
  }
  try {
    for (const entry of sorted(entries)) {
      const body = entry.kind === 'text' ? Buffer.from(entry.text) : null
      const size = entry.kind === 'file' ? (await stat(entry.from)).size : (body?.length ?? 0)
      await put(headerOf(entry, size))
      if (body) await put(body)
      if (entry.kind === 'file') await copied(entry.from, size, put)
      await put(new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK))
    }
    await put(new Uint8Array(2 * BLOCK))
  } finally {
    await tar.close()
  }
  return `sha256:${hash.digest('hex')}`
}

const copied = async (from: string, size: number, put: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
  let seen = 0
  for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    seen += chunk.length
    await put(chunk)
  }
  if (seen !== size) throw new Error(`${from} changed while it was read`)
}

/** Parents come before what is in them; of several for one path the last counts. */
const sorted = (entries: readonly Entry[]): readonly Entry[] => [...new Map(entries.map((entry) => [entry.path, entry])).values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))

const headerOf = (entry: Entry, size: number): Buffer => {
  const { kind, path, mode, owner = 0 } = entry
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, offset: number, length: number) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1')
  const { prefix, name } = split(kind === 'folder' ? `${path}/` : path)
  header.write(name, 0, 'utf8')
  octal(mode, 100, 8)
  octal(owner, 108, 8)
  octal(owner, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12) // time
  header.write(KINDS[kind], 156, 'latin1')
  if (kind === 'link') header.write(entry.to, 157, 'utf8')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345, 'utf8')
  // of all bytes, those of the checksum itself taken as blanks
  octal(header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0), 148, 8)
  return header
}

/** A path over 100 bytes goes into two fields, cut at a slash. */
const split = (path: string): { readonly prefix: string; readonly name: string } => {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  const cut = path.indexOf('/', path.length - 101)
  if (cut < 0 || cut > 155) throw new RangeError(`${path}: too long a path for this archive`)
  return { prefix: path.slice(0, cut), name: path.slice(cut + 1) }
}
