import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretValue } from './secrets.ts'

/** Secrets of functions that run in this process: plain, in files. */
export type SecretFiles = {
  /** Writes the secrets into the function's own folder (0700), a file each (0600), and nothing else; resolves to that. */
  write(id: string, secrets: readonly SecretValue[]): Promise<string>
  /** Removes the folder of a function. */
  withdraw(id: string): Promise<void>
}

export const secretFiles = (folder: string): SecretFiles => ({
  write: async (id, secrets) => {
    const own = join(folder, id)
    await mkdir(own, { recursive: true, mode: 0o700 })
    for (const { name, value } of secrets) await writeWhole(join(own, name), value)
    for (const file of await readdir(own)) if (!secrets.some(({ name }) => name === file)) await rm(join(own, file), { recursive: true })
    return own
  },
  withdraw: (id) => rm(join(folder, id), { recursive: true, force: true }),
})

/** A reader sees the old one or the new one. No name of a secret ends so. */
const writeWhole = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(`${path}.new~`, 'w', 0o600)
  try {
    await file.writeFile(bytes)
  } finally {
    await file.close()
  }
  await rename(`${path}.new~`, path)
}
