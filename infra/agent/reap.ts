import { setTimeout as sleep } from 'node:timers/promises'
import { removeGroup, thawGroup } from './cgroup-freezer.ts'
import { isAlive } from './proc.ts'
import { readRecords, removeRecord, slotsFolder, writeRecord, type SlotRecord } from './slot-records.ts'

const GONE_WITHIN_MS = 3_000

/**
 * Ends every recorded slot, frozen or not, without asking it or any agent: for whoever ends the whole playground. A pid that
 * names another process by now is left alone. What was claimed stays written down, for the next agent to say that it was lost. Resolves to how many it ended. @throws Error when one does not end
 */
export const reapSlots = async (dataDir: string): Promise<number> => {
  const folder = slotsFolder(dataDir)
  const records = readRecords(folder)
  const living = records.filter(({ pid, startTime }) => isAlive(pid, startTime))
  // before they die: an agent that sees it knows that it was no accident
  const ended = records.map((record): SlotRecord => ({ ...record, ended: record.ended ?? { reason: 'its node was stopped', cause: 'node' } }))
  ended.forEach((record) => writeRecord(folder, record))
  living.forEach(kill)
  for (const until = Date.now() + GONE_WITHIN_MS; living.some(({ pid, startTime }) => isAlive(pid, startTime)); await sleep(10)) {
    if (Date.now() > until) throw new Error(`slots ${living.map(({ slot }) => slot).join(', ')} did not end within ${GONE_WITHIN_MS} ms`)
  }
  for (const record of records) {
    if (record.cgroup !== null) await removeGroup(record.cgroup)
    if (record.claim === null) await removeRecord(folder, record)
  }
  return living.length
}

const kill = ({ pid, cgroup }: SlotRecord): void => {
  if (cgroup !== null) thawGroup(cgroup)
  process.kill(pid, 'SIGKILL')
}
