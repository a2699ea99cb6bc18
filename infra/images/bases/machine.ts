import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, readSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutable } from '../../local/binaries.ts'
import { file, folder, link, type Entry } from './layer.ts'

/** Programs and files of this machine, as entries of an image. */

const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Path of a program that this machine has. @throws Error that names the package that has it */
export const programPath = (name: string, debianPackage: string): string => {
  const found = PLACES.map((place) => join(place, name)).find(isExecutable)
  if (!found) throw new Error(`${name} is not on this machine: apt-get install --no-install-recommends ${debianPackage}`)
  return realpathSync(found)
}

/** Those of the programs that are there, below `usr/bin`, under the name they are called by. */
export const programs = (names: readonly string[]): readonly Entry[] =>
  names.flatMap((name) => {
    const found = PLACES.slice(2).map((place) => join(place, name)).find(isExecutable)
    return found ? [file(`usr/${found.includes('/sbin/') ? 'sbin' : 'bin'}/${name}`, realpathSync(found), 0o755)] : []
  })

/** The libraries that the programs among the entries link, and the loader, where they expect them; what an entry brings itself is left out. */
export const libraries = (entries: readonly Entry[], also: readonly string[] = []): readonly Entry[] => {
  const linked = [...entries.flatMap((entry) => (entry.kind === 'file' && isElf(entry.from) ? [entry.from] : [])), ...also.map((path) => realpathSync(path))]
  if (linked.length === 0) return []
  const own = new Set(entries.flatMap((entry) => (entry.kind === 'file' ? [realpathSync(entry.from)] : [])))
  const told = execFileSync('ldd', linked, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }) // it complains of what is not executable
  const paths = new Set([...also, ...[...told.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path)])
  return [...paths].filter((path) => !own.has(realpathSync(path))).map((path) => file(inUsr(path), realpathSync(path), 0o755))
}

/** A folder of this machine as it is, without what `leaveOut` says; links that stay inside are kept. */
export const tree = (from: string, into: string, leaveOut: (path: string) => boolean = () => false): readonly Entry[] =>
  readdirSync(from, { withFileTypes: true, recursive: true }).map((found) => join(found.parentPath, found.name)).filter((path) => !leaveOut(path)).map((path) => entryOf(path, into + path.slice(from.length)))

const entryOf = (path: string, into: string): Entry => {
  const target = linkTarget(path)
  if (target !== null && !target.includes('/')) return link(into, target)
  const { mode } = statSync(path)
  return statSync(path).isDirectory() ? folder(into) : file(into, path, mode & 0o111 ? 0o755 : 0o644)
}

const linkTarget = (path: string): string | null => {
  try {
    return readlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null // no link
    throw error
  }
}

/** Debian has `/lib` and the others be links into `/usr`. */
const inUsr = (path: string): string => path.replace(/^\/(usr\/)?/, 'usr/')

const isElf = (path: string): boolean => {
  const opened = openSync(path, 'r')
  try {
    const magic = Buffer.alloc(4)
    return readSync(opened, magic, 0, 4, 0) === 4 && magic.equals(Buffer.from('\x7fELF', 'latin1'))
  } finally {
    closeSync(opened)
  }
}

/** Those whom this machine trusts, its own authorities and those of NODE_EXTRA_CA_CERTS among them, each once. */
export const certificates = (): string => {
  const files = ['/etc/ssl/certs/ca-certificates.crt', process.env['NODE_EXTRA_CA_CERTS'] ?? ''].filter((path) => path !== '')
  const all = files.flatMap((path) => contentOf(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
  return [...new Set(all)].map((one) => `${one}\n`).join('')
}

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
