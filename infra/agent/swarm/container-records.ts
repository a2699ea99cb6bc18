import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { planSchema } from '../../../events/deployment/settings.ts'
import { slotOwner } from '../slot-records.ts'

/**
 * One file per claimed container, `<DATA_DIR>/agent/containers/<id>.json`, on a volume of the node: enough to tell of its loss when it
 * died while no agent watched. What lives says itself whose it is.
 */
const containerRecord = z.strictObject({
  container: z.string(), plan: planSchema, generation: z.string(), claim: slotOwner,
  /** Its agent thawed it when it ended, and the next one lets it sleep again. */
  asleep: z.boolean(),
})
export type ContainerRecord = Readonly<z.infer<typeof containerRecord>>

export type ContainerRecords = {
  write(record: ContainerRecord): void
  read(container: string): ContainerRecord | null
  all(): readonly ContainerRecord[]
  remove(container: string): void
}

export const containerRecords = (dataDir: string): ContainerRecords => {
  const folder = resolve(dataDir, 'agent', 'containers')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const pathOf = (container: string) => join(folder, `${container}.json`)
  const read = (container: string): ContainerRecord | null => {
    let text: string
    try {
      text = readFileSync(pathOf(container), 'utf8')
    } catch {
      return null // nobody has claimed it
    }
    const record = containerRecord.safeParse(parsed(text))
    if (!record.success) rmSync(pathOf(container), { force: true }) // of another release
    return record.success ? record.data : null
  }
  return {
    read,
    write: (record) => {
      const path = pathOf(record.container)
      writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
      renameSync(`${path}.new`, path)
    },
    all: () => readdirSync(folder).filter((file) => file.endsWith('.json')).flatMap((file) => read(file.slice(0, -'.json'.length)) ?? []),
    remove: (container) => rmSync(pathOf(container), { force: true }),
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null // the schema says so
  }
}
