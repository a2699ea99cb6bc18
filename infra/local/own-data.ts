import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StartError } from './part.ts'
import { gone, isAlive, look, type Identity } from './processes.ts'
import { HASTY, kill, reap } from './reap.ts'
import { readRunFiles, removeRunFile, writeRunFile } from './run-files.ts'

// a reaper at work ends what it found within this; then it is one of the leftovers
const REAPER_MS = 15_000

/**
 * Makes this process the only supervisor of a data folder and ends what an earlier one left.
 * @throws StartError when another supervisor lives
 */
export const takeOver = async (dataDir: string, report: (text: string) => void): Promise<void> => {
  writeRunFile(dataDir, { part: 'supervisor', role: 'supervisor', stopSignal: 'SIGTERM', ...identityOf(process.pid) })
  const others = readRunFiles(dataDir).filter(({ role, pid }) => role === 'supervisor' && pid !== process.pid)
  const alive = others.find(isAlive)
  if (alive) {
    release(dataDir)
    throw new StartError(`A playground already runs on the data in ${dataDir} (process ${alive.pid}): end that, or set DATA_DIR to another folder and use --free-ports.`)
  }
  const reapers = readRunFiles(dataDir).filter(({ role }) => role === 'reaper')
  if (!(await gone(reapers, REAPER_MS))) await kill(reapers)
  const left = readRunFiles(dataDir).filter((run) => run.role !== 'supervisor' && isAlive(run))
  if (left.length > 0) report(`ending what an earlier run left: ${left.map(({ part }) => part).join(', ')}`)
  await reap(dataDir, HASTY)
  for (const run of [...others, ...reapers]) removeRunFile(dataDir, run)
}

export const release = (dataDir: string): void => removeRunFile(dataDir, { part: 'supervisor', pid: process.pid })

export type Reaper = { /** Lets it end, when all has ended. */ dismiss(): Promise<void> }

/** Starts the process that ends everything when this one is gone; and another whenever that one ends itself. */
export const startReaper = (dataDir: string): Reaper => {
  mkdirSync(join(dataDir, 'logs'), { recursive: true })
  const log = openSync(join(dataDir, 'logs', 'reaper.log'), 'a')
  let dismissed = false
  const begin = () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('reaper.ts', import.meta.url)), dataDir], { detached: true, stdio: ['pipe', log, log] })
    const identity = identityOf(child.pid ?? 0)
    writeRunFile(dataDir, { part: 'reaper', role: 'reaper', stopSignal: 'SIGTERM', ...identity })
    child.stdin?.on('error', () => {}) // it is written to by nobody; its end is what counts
    child.once('exit', () => {
      removeRunFile(dataDir, { part: 'reaper', pid: identity.pid })
      if (!dismissed) setTimeout(begin, 1_000)
    })
    current = child
  }
  let current: ReturnType<typeof spawn> | undefined
  begin()
  return {
    dismiss: async () => {
      dismissed = true
      if (!current || current.exitCode !== null) return
      const ended = once(current, 'exit')
      current.stdin?.end()
      await ended
    },
  }
}

const identityOf = (pid: number): Identity => ({ pid, started: look(pid)?.started ?? 'never' })
