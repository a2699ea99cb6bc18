import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exactly, ObjectStoreError, type ObjectStore } from '../store/object-store.ts'

/** Last part of a file that is still being written; nothing that is whole is named like it. */
export const PARTIAL = '.partial'

/**
 * An object store in a folder: a file for each key. What is created is on disk (fsync of the file and of its folder) when it
 * resolves, and there whole or not at all.
 */
export const directoryStore = (folder: string): ObjectStore => {
  const pathOf = (key: string): string => {
    const parts = key.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.endsWith(PARTIAL))) throw new ObjectStoreError(400, `${JSON.stringify(key)} is no key`)
    return join(folder, ...parts)
  }
  /** Has a file written beside the key's place, and then put there. */
  const write = async (key: string, fill: (file: FileHandle) => Promise<unknown>, place: (partial: string, path: string) => Promise<void>): Promise<void> => {
    const path = pathOf(key)
    await mkdir(dirname(path), { recursive: true })
    const partial = join(dirname(path), `${randomUUID()}${PARTIAL}`)
    try {
      const file = await open(partial, 'wx')
      try {
        await fill(file)
        await file.sync()
      } finally {
        await file.close()
      }
      await place(partial, path)
      await syncFolder(dirname(path))
    } finally {
      await rm(partial, { force: true })
    }
  }
  const openOrNull = (key: string): Promise<FileHandle | null> =>
    open(pathOf(key)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
  /** What `work` reads of the file; null when there is none. */
  const reading = async <T>(key: string, work: (file: FileHandle) => Promise<T>): Promise<T | null> => {
    const file = await openOrNull(key)
    if (!file) return null
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
  const part = async (file: FileHandle, offset: number, bytes: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset)
    return buffer.subarray(0, bytesRead)
  }

  return {
    create: (key, body) => asStoreError(async () => {
      try {
        await write(key, (file) => file.writev(body), link)
        return 'created'
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return 'exists'
        throw error
      }
    }),
    get: (key, range) => asStoreError(() => reading(key, (file) => (range ? part(file, range.offset, range.bytes) : file.readFile()))),
    beginning: (key, bytes) => asStoreError(() => reading(key, async (file) => {
      const { size } = await file.stat()
      return { size, bytes: await part(file, 0, Math.min(bytes, size)) }
    })),
    end: (key, bytes) => asStoreError(() => reading(key, async (file) => {
      const { size } = await file.stat()
      return { size, bytes: await part(file, Math.max(0, size - bytes), Math.min(bytes, size)) }
    })),
    list: (prefix, limit) => asStoreError(async () => {
      const below = prefix.slice(0, prefix.lastIndexOf('/'))
      const names = await readdir(pathOf(below)).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return []
        throw error
      })
      return names.filter((name) => !name.endsWith(PARTIAL)).map((name) => `${below}/${name}`).filter((key) => key.startsWith(prefix)).toSorted().slice(0, limit)
    }),
    upload: (key, stream, length) => asStoreError(() => write(key, async (file) => {
      for await (const chunk of exactly(length)(stream)) await file.write(chunk)
    }, rename)),
    download: (key, range) => asStoreError(async () => {
      const file = await openOrNull(key)
      if (!file) return null
      const { size } = await file.stat()
      if (range && range.offset >= size) return await file.close(), null
      return { size, stream: file.createReadStream(range ? { start: range.offset, end: range.offset + range.bytes - 1 } : {}) }
    }),
    renew: () => {},
    closeSockets: () => {},
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** A full disk is 507, as an object store says it; everything else that the file system refuses is no answer. Other errors stay what they are. */
const asStoreError = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    const code = codeOf(error)
    throw new ObjectStoreError(code === 'ENOSPC' || code === 'EDQUOT' ? 507 : 0, `the folder does not do it: ${String(code)}`, { cause: error })
  }
}
