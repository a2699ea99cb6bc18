import { readRecords, slotsFolder, type SlotRecord } from '../agent/slot-records.ts'
import { isAlive as slotIsAlive } from '../agent/proc.ts'
import { descendants, isAlive, look, type Identity } from '../local/processes.ts'
import { readRunFiles } from '../local/run-files.ts'
import { agentFolders } from '../local/several.ts'

/** The process of a part now; null while it is being started again. */
export const processOf = (dataDir: string, part: string): Identity | null =>
  readRunFiles(dataDir).find((run) => run.part === part && isAlive(run)) ?? null

/** The slots that live, of every agent. */
export const slotsOf = (dataDir: string): readonly SlotRecord[] =>
  agentFolders(dataDir).flatMap((folder) => readRecords(slotsFolder(folder))).filter(({ pid, startTime }) => slotIsAlive(pid, startTime))

/** Every process of a playground: those noted, all below them, and the slots. */
export const everyProcess = (dataDir: string): readonly Identity[] => {
  const noted = readRunFiles(dataDir)
  return [...noted, ...descendants(noted.filter(isAlive)), ...slotsOf(dataDir).flatMap(({ pid }) => look(pid) ?? [])]
}

/** Keeps in mind every process that there ever was, so that none is overlooked at the end. */
export const watchProcesses = (dataDir: string, everyMs = 500): { left(): readonly Identity[]; seen(): number; stop(): void } => {
  const known = new Map<string, Identity>()
  const note = () => everyProcess(dataDir).forEach(({ pid, started }) => known.set(`${pid} ${started}`, { pid, started }))
  note()
  const timer = setInterval(note, everyMs)
  const stop = () => {
    clearInterval(timer)
    note()
  }
  return { left: () => [...known.values()].filter(isAlive), seen: () => known.size, stop }
}
