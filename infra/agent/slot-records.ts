import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** Whose a slot is. */
export const slotOwner = z.strictObject({ claimId: z.string(), deploymentId: z.string(), epoch: z.int() })
export type SlotOwner = Readonly<z.infer<typeof slotOwner>>

/**
 * One file per slot, `<DATA_DIR>/agent/slots/<slot>.json`: enough for a new agent to adopt it, for anybody to end it, and to say
 * that it died when nobody watched. Written when the process begins, before it can be claimed; again when it is claimed, and when
 * it ends before its loss has been told.
 */
export const slotRecord = z.strictObject({
  slot: z.string(),
  plan: z.string(),
  pid: z.int().positive(),
  /** With the pid it names a process for good. */
  startTime: z.string(),
  control: z.string(),
  /** Folder of its cgroup freezer; null when it is frozen by signal. */
  cgroup: z.string().nullable(),
  /** Who has claimed it; null for a spare. */
  claim: slotOwner.nullable().default(null),
  /** Why it ended, once that is known, and whether by itself or with its node; null before. */
  ended: z.strictObject({ reason: z.string(), cause: z.enum(['slot', 'node']) }).nullable().default(null),
})
export type SlotRecord = Readonly<z.infer<typeof slotRecord>>

export const slotsFolder = (dataDir: string): string => join(dataDir, 'agent', 'slots')

/** Makes the folder, for its user alone: whoever reaches a control socket owns the slot. */
export const makeSlotsFolder = (dataDir: string): string => {
  const folder = resolve(slotsFolder(dataDir)) // slots run in it: a relative path would mean another place to them
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Whole or not at all, and in the same turn as the process begins: there is no moment in which nobody could find it. */
export const writeRecord = (folder: string, record: SlotRecord): void => {
  const path = join(folder, `${record.slot}.json`)
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** What the slot writes, standard output and error. */
export const outputPath = (folder: string, slot: string): string => join(folder, `${slot}.log`)

export const removeRecord = async (folder: string, { slot, control }: Pick<SlotRecord, 'slot' | 'control'>): Promise<void> => {
  await rm(control, { force: true })
  await rm(outputPath(folder, slot), { force: true })
  await rm(join(folder, `${slot}.json`), { force: true })
}

/** All that are there; none when the folder is not. A file that is no record (of another release) is removed. */
export const readRecords = (folder: string): readonly SlotRecord[] =>
  files(folder).flatMap((file) => readRecord(folder, file.slice(0, -'.json'.length)) ?? [])

/** That of one slot; null when there is none any more. */
export const readRecord = (folder: string, slot: string): SlotRecord | null => {
  const path = join(folder, `${slot}.json`)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null // told or reaped meanwhile
  }
  const record = slotRecord.safeParse(JSON.parse(text))
  if (!record.success) rmSync(path)
  return record.success ? record.data : null
}

const files = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.json'))
  } catch {
    return []
  }
}
