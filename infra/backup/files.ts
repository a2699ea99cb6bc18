import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One file of a backup. `path`: within its folder, with slashes; `sha256`: hexadecimal. */
export type BackupFile = { readonly path: string; readonly bytes: number; readonly sha256: string }

/** A file that is being written from its start to its end. */
export type Sink = {
  write(bytes: Uint8Array): Promise<void>
  /** On disk when it resolves. */
  end(): Promise<BackupFile>
}

/** Only its owner may read it: people's data is in it. @throws Error when it is there already */
export const createFile = async (folder: string, path: string): Promise<Sink> => {
  await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 })
  const file = await open(join(folder, path), 'wx', 0o600)
  const hash = createHash('sha256')
  let written = 0
  return {
    write: async (bytes) => {
      hash.update(bytes)
      written += bytes.length
      await file.writeFile(bytes) // goes on where it is, and writes all
    },
    end: async () => {
      await file.sync()
      await file.close()
      return { path, bytes: written, sha256: hash.digest('hex') }
    },
  }
}

export const writeWhole = async (folder: string, path: string, text: string): Promise<BackupFile> => {
  const file = await createFile(folder, path)
  await file.write(Buffer.from(text))
  return file.end()
}

/** @throws Error naming what is missing or is not what was written */
export const verifyFile = async (folder: string, { path, bytes, sha256 }: BackupFile, read: (bytes: number) => void): Promise<void> => {
  const there = await stat(join(folder, path)).catch(() => null)
  if (there?.size !== bytes) throw new Error(`${path} is ${there ? `${there.size} bytes long instead of ${bytes}` : 'missing'}: this backup is not whole`)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(join(folder, path)) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    read(chunk.length)
  }
  if (hash.digest('hex') !== sha256) throw new Error(`${path} was changed since it was written: this backup is damaged`)
}
