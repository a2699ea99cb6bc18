import { existsSync, readFileSync, readdirSync, watch } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { entryOf } from './own-parts.ts'
import type { Part } from './part.ts'
import { kindOf } from './several.ts'
import type { Supervisor } from './supervisor.ts'

const SOURCES = ['events', 'functions', 'projections', 'infra']
const SETTLE_MS = 150 // an editor writes a file in several steps, a checkout many files

/** Restarts our parts whose code has changed, each for the files it loads; state is in the servers, which go on. */
export const restartOnChange = (parts: readonly Part[], supervisor: Supervisor, report: (text: string) => void): void => {
  const changed = new Set<string>()
  let settling: NodeJS.Timeout | undefined
  const restart = () => {
    const files = [...changed]
    changed.clear()
    for (const { name } of parts.filter(({ role }) => role === 'own')) {
      const loaded = sourcesOf(rootsOf(name))
      const cause = files.find((file) => loaded.has(file))
      if (!cause) continue
      report(`${name}: ${cause.slice(process.cwd().length + 1)} changed`)
      void supervisor.restart(name)
    }
  }
  for (const folder of SOURCES.filter((name) => existsSync(name))) {
    watch(folder, { recursive: true }, (_, name) => {
      if (!name?.endsWith('.ts') || name.endsWith('.test.ts')) return
      changed.add(resolve(folder, name))
      clearTimeout(settling)
      settling = setTimeout(restart, SETTLE_MS)
    })
  }
}

/** The gateway loads handlers by name when it deploys them, which no import shows. */
const rootsOf = (name: string): readonly string[] =>
  kindOf(name) === 'gateway' && existsSync('functions')
    ? [entryOf(name), ...readdirSync('functions', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => resolve('functions', file))]
    : [entryOf(name)]

/** The files and all they import, followed by name; every relative import carries its `.ts`. */
export const sourcesOf = (roots: readonly string[]): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (file: string) => {
    if (found.has(file) || !existsSync(file)) return
    found.add(file)
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+\.ts)'/g)) visit(join(dirname(file), target ?? ''))
  }
  roots.forEach(visit)
  return found
}

/** One log line of a part on the terminal: `gateway  info  deployed a function  {"name":"idle"}`. */
export const showLine = (part: string, line: string): void => void process.stdout.write(`${part.padEnd(12)} ${readable(line)}\n`)

const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

const readable = (line: string): string => {
  try {
    const { level, msg, time: _time, part: _part, name: _name, ...rest } = JSON.parse(line) as Record<string, unknown>
    if (typeof level !== 'number') return line
    return `${(LEVELS[level] ?? String(level)).padEnd(6)}${typeof msg === 'string' ? msg : ''}  ${Object.keys(rest).length > 0 ? JSON.stringify(rest) : ''}`
  } catch {
    return line // a server's own format
  }
}
