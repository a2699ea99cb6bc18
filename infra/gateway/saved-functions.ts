import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { functionSpecSchema } from './function-spec.ts'

const fileSchema = z.strictObject({
  version: z.literal(1),
  functions: z.array(z.strictObject({ spec: functionSpecSchema, createdAt: z.iso.datetime() })),
})
type SavedFunction = z.output<typeof fileSchema>['functions'][number]

/** Functions deployed by REST, kept in one file (mode 0600: environments may be confidential) that is replaced whole. */
export type SavedFunctions = {
  /** Nothing when there is no file yet. @throws Error that names a file which cannot be read */
  load(): Promise<readonly SavedFunction[]>
  /** Durable when it resolves. */
  save(functions: readonly SavedFunction[]): Promise<void>
}

export const savedFunctions = (path: string): SavedFunctions => ({
  load: async () => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (text === null) return []
    try {
      return fileSchema.parse(JSON.parse(text)).functions
    } catch (cause) {
      throw new Error(`${path} is not a list of functions; correct it or move it away`, { cause })
    }
  },
  save: async (functions) => {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(`${path}.new`, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify({ version: 1, functions }, null, 2))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  },
})
