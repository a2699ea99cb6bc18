import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathFolders, step } from './run.mjs'
import { withLock } from './lock.mjs'

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.playground-lock-hash')

/** What node_modules depends on: the lock file and the kind of machine. @param {string} root */
export const lockHash = (root) =>
  createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).update(`${process.platform} ${process.arch}`).digest('hex')

/** @param {string} root */
const node24 = (root) => join(root, 'node_modules', '.bin', 'node')

/** Whether node_modules was installed from this very lock file. @param {string} root */
export const isInstalled = (root) =>
  existsSync(stampFile(root)) && readFileSync(stampFile(root), 'utf8') === lockHash(root) && existsSync(node24(root))

/**
 * Whether what npm wrote of node_modules agrees with the lock file, as after `npm install` by hand. Absent packages may only
 * be optional ones, which are those of other platforms.
 * @param {{packages: Record<string, {version?: string, integrity?: string, optional?: boolean, peer?: boolean}>}} lock
 * @param {{packages: Record<string, {version?: string, integrity?: string}>}} installed
 */
export const agrees = (lock, installed) =>
  Object.keys(installed.packages).every((path) => path in lock.packages) &&
  Object.entries(lock.packages).every(([path, wanted]) => {
    const found = installed.packages[path]
    if (path === '') return true
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional === true
  })

/** @param {string} root */
const installedByHand = (root) => {
  const written = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(written) || !existsSync(node24(root))) return false
  return agrees(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')), JSON.parse(readFileSync(written, 'utf8')))
}

/** `npm ci` when the lock file changed, else nothing. @param {string} root @param {string} cache folder for the lock */
export const dependencies = async (root, cache) => {
  if (isInstalled(root)) return
  await withLock(join(cache, `npm-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`), async () => {
    if (isInstalled(root)) return
    if (!installedByHand(root)) await install(root)
    writeFileSync(stampFile(root), lockHash(root))
  })
}

/** @param {string} root */
const install = (root) => {
  // npm would run on the very node it is about to delete
  const path = pathFolders().filter((folder) => !folder.includes('node_modules')).join(delimiter)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  return step('installing dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, env: { ...env, PATH: path } })
}
