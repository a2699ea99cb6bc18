import { reapSlots } from '../agent/reap.ts'
import { descendants, gone, isAlive, signal, type Identity } from './processes.ts'
import { readRunFiles, removeRunFile, type RunFile } from './run-files.ts'
import { agentFolders } from './several.ts'

/** Milliseconds each gets to end in good order before it is killed. */
export type Grace = { readonly own: number; readonly server: number }

/** Ctrl-C: requests in flight finish. The supervisor is gone: nobody waits for anything, all is durable. */
export const PATIENT: Grace = { own: 5_000, server: 8_000 }
export const HASTY: Grace = { own: 1_500, server: 2_500 }

/**
 * Ends everything of a data folder by pid and start time: our own parts, then the slots (which outlive their agent), then the
 * servers they wrote to; stopped and frozen ones too. Idempotent.
 */
export const reap = async (dataDir: string, grace: Grace): Promise<void> => {
  const runs = readRunFiles(dataDir)
  const own = runs.filter(({ role }) => role === 'own')
  const servers = runs.filter(({ role }) => role === 'server')
  const below = descendants([...own, ...servers].filter(isAlive)) // found while their parents still are
  await endRole(own, grace.own)
  for (const folder of agentFolders(dataDir)) await reapSlots(folder)
  await endRole(servers, grace.server)
  await kill(below)
  for (const run of [...own, ...servers]) removeRunFile(dataDir, run)
}

const endRole = async (runs: readonly RunFile[], ms: number): Promise<void> => {
  for (const run of runs) signal(run, run.stopSignal)
  if (!(await gone(runs, ms))) await kill(runs)
}

/** Ends processes at once. @throws Error naming those that even that did not end */
export const kill = async (processes: readonly Identity[]): Promise<void> => {
  for (const one of processes) signal(one, 'SIGKILL')
  if (!(await gone(processes, 5_000))) throw new Error(`processes ${processes.filter(isAlive).map(({ pid }) => pid).join(', ')} cannot be ended`)
}
