import { open } from 'node:fs/promises'
import type { Sink } from './files.ts'

/** Files one after the other as `tar` reads them: ustar (POSIX.1-2017, pax, "ustar Interchange Format"), as far as it is needed here. */
const BLOCK = 512
const MAX_NAME = 100

/** @param name at most 100 bytes */
export const addToTar = async (tar: Sink, name: string, body: Uint8Array): Promise<void> => {
  await tar.write(headerOf(name, body.length))
  await tar.write(body)
  await tar.write(new Uint8Array(padding(body.length)))
}

/** Two empty blocks end it. */
export const endTar = (tar: Sink): Promise<void> => tar.write(new Uint8Array(2 * BLOCK))

/** Each file with its content, one in memory at a time. @throws Error when it is no such archive */
export async function* readTar(path: string): AsyncGenerator<{ readonly name: string; readonly body: Buffer }> {
  const file = await open(path, 'r')
  try {
    for (let at = 0; ; ) {
      const header = await bytesAt(file, at, BLOCK)
      if (header.every((byte) => byte === 0)) return
      const name = text(header, 0, MAX_NAME)
      const size = Number.parseInt(text(header, 124, 12), 8)
      if (!Number.isInteger(size) || Number.parseInt(text(header, 148, 8), 8) !== checksum(header)) throw new Error(`${path}: what begins at byte ${at} is no header of a tar archive`)
      yield { name, body: await bytesAt(file, at + BLOCK, size) }
      at += BLOCK + size + padding(size)
    }
  } finally {
    await file.close()
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

const headerOf = (name: string, size: number): Buffer => {
  if (Buffer.byteLength(name) > MAX_NAME) throw new RangeError(`${name} is too long a name`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, offset: number, length: number) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1')
  header.write(name, 0, 'utf8')
  octal(0o600, 100, 8) // mode
  octal(0, 108, 8) // owner
  octal(0, 116, 8) // group
  octal(size, 124, 12)
  octal(0, 136, 12) // time
  header.write('0', 156, 'latin1') // a plain file
  header.write('ustar\x0000', 257, 'latin1')
  octal(checksum(header), 148, 8)
  return header
}

/** Of all bytes, those of the checksum itself taken as blanks. */
const checksum = (header: Buffer): number => header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0)

const text = (header: Buffer, offset: number, length: number): string => {
  const field = header.subarray(offset, offset + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

const bytesAt = async (file: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read)
    if (bytesRead === 0) throw new Error(`the archive ends at byte ${position + read}, in the middle`)
    read += bytesRead
  }
  return buffer
}
