import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/**
 * Who runs: one file a process in `DATA_DIR/run`, named by part and pid. They outlive their writer, so that the reaper, or the
 * next start, can end what is left and nothing else.
 */
const runFileSchema = z.strictObject({
  part: z.string(),
  role: z.enum(['supervisor', 'reaper', 'own', 'server']),
  pid: z.int(),
  started: z.string(),
  /** What ends it in good order. */
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1']),
})
export type RunFile = Readonly<z.infer<typeof runFileSchema>>

const folder = (dataDir: string): string => join(dataDir, 'run')
const path = (dataDir: string, { part, pid }: Pick<RunFile, 'part' | 'pid'>): string => join(folder(dataDir), `${part}.${pid}.json`)

export const writeRunFile = (dataDir: string, run: RunFile): void => {
  mkdirSync(folder(dataDir), { recursive: true })
  const beside = `${path(dataDir, run)}.new`
  writeFileSync(beside, JSON.stringify(run))
  renameSync(beside, path(dataDir, run))
}

export const removeRunFile = (dataDir: string, run: Pick<RunFile, 'part' | 'pid'>): void => rmSync(path(dataDir, run), { force: true })

/** All there are; what does not read as one belongs to no process we could end safely, and is left out. */
export const readRunFiles = (dataDir: string): readonly RunFile[] => {
  if (!existsSync(folder(dataDir))) return []
  return readdirSync(folder(dataDir)).filter((name) => name.endsWith('.json')).flatMap((name) => {
    const read = runFileSchema.safeParse(parsed(join(folder(dataDir), name)))
    return read.success ? [read.data] : []
  })
}

const parsed = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null // removed by its owner in between, or not ours
  }
}
