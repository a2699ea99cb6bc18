import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { eachLine } from './each-line.ts'
import { StartError, type Launch, type Part } from './part.ts'
import { look, type Identity } from './processes.ts'
import { removeRunFile, writeRunFile } from './run-files.ts'

export type PartProcess = {
  readonly identity: Identity
  /** Resolves when it serves; rejects when it ends before, or after `READY_SECONDS`. */
  readonly ready: Promise<void>
  /** How it ended: `code 1`, `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>
}

const READY_SECONDS = 90

/** Starts the process of a part in a group of its own (Ctrl-C of the terminal is for the supervisor alone) and notes it in a run file. */
export const startPart = (dataDir: string, part: Part, onLine: (line: string) => void): PartProcess => {
  const { identity, lines, ended } = begin(dataDir, part, part.launch)
  const served = new Promise<void>((resolve) => {
    lines((line) => {
      onLine(line)
      if ('line' in part.ready && part.ready.line(line)) resolve()
    })
  })
  const timeout = new AbortController()
  const late = sleep(READY_SECONDS * 1000, undefined, { signal: timeout.signal }).then(
    () => { throw new StartError(`${part.name} is not ready after ${READY_SECONDS} s`) }, () => new Promise<never>(() => {}))
  const died = ended.then((how) => { throw new StartError(`${part.name} ended with ${how} before it was ready`) })
  const asked = 'ask' in part.ready ? answered(part.ready.ask, ended) : served
  const ready = Promise.race([asked, died, late]).finally(() => timeout.abort())
  ready.catch(() => {}) // looked at by the supervisor, if it still waits for it
  return { identity, ready, ended }
}

/** Runs a process to its end, watched like a part. @throws StartError with its last lines when it fails */
export const runOnce = async (dataDir: string, part: Pick<Part, 'name' | 'role' | 'stopSignal'>, launch: Launch): Promise<void> => {
  const { lines, ended } = begin(dataDir, part, launch)
  const last: string[] = []
  lines((line) => last.push(line))
  const how = await ended
  if (how !== 'code 0') throw new StartError(`${part.name}: ${launch.file} ended with ${how}\n${last.slice(-20).join('\n')}`)
}

const begin = (dataDir: string, part: Pick<Part, 'name' | 'role' | 'stopSignal'>, { file, args, env, user, nice }: Launch) => {
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, ...user })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`))
  })
  const pid = child.pid ?? 0
  if (nice !== undefined && child.pid !== undefined) setPriority(child.pid, nice)
  const identity = look(pid) ?? { pid, started: 'never' }
  try {
    writeRunFile(dataDir, { part: part.name, role: part.role, stopSignal: part.stopSignal, ...pidAndStart(identity) })
  } catch (error) {
    child.kill('SIGKILL') // nobody could find it: the disk is full
    throw error
  }
  const lines = (each: (line: string) => void) => [child.stdout, child.stderr].forEach((output) => eachLine(output, each))
  return { identity, lines, ended: ended.finally(() => removeRunFile(dataDir, { part: part.name, pid })) }
}

const pidAndStart = ({ pid, started }: Identity): Identity => ({ pid, started })

const answered = async (ask: () => Promise<boolean>, ended: Promise<string>): Promise<void> => {
  let over = false
  void ended.then(() => { over = true })
  while (!over && !(await ask())) await sleep(30)
  if (over) await new Promise<never>(() => {}) // `died` speaks
}
