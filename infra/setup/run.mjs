import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Progress goes to standard error: `npm run x --silent | jq` stays clean. @param {string} text */
export const say = (text) => process.stderr.write(`set-up: ${text}\n`)

/** A failure whose message is all the reader needs. */
export class SetUpError extends Error {}

/** @param {string} path */
export const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** First executable of that name in the folders, null when there is none. @param {string} name @param {readonly string[]} folders */
export const find = (name, folders) => folders.filter(Boolean).map((folder) => join(folder, name)).find(isExecutable) ?? null

export const pathFolders = () => (process.env['PATH'] ?? '').split(delimiter)

/** What a program prints, both outputs; null when it cannot start or says no. @param {string} file @param {readonly string[]} args */
export const output = (file, args) => {
  const { status, stdout, stderr } = spawnSync(file, [...args], { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] })
  return status === 0 ? stdout + stderr : null
}

/**
 * Runs a long step: a line when it begins, one every five seconds, one when it is done; the program's own output only if it fails.
 * @param {string} what @param {string} file @param {readonly string[]} args @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<void>} rejects with a SetUpError that holds the end of the output
 */
export const step = (what, file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const began = Date.now()
    const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`
    say(`${what} ...`)
    const ticking = setInterval(() => say(`${what} ... ${seconds()}`), 5_000)
    const child = spawn(file, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {string[]} */
    const last = []
    const keep = (/** @type {Buffer} */ chunk) => {
      last.push(...String(chunk).split('\n').filter(Boolean))
      last.splice(0, Math.max(0, last.length - 15))
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    /** @param {string} why */
    const fail = (why) => reject(new SetUpError(`${what} failed (${why}).\n${last.join('\n')}`))
    child.once('error', (error) => (clearInterval(ticking), fail(error.message)))
    child.once('close', (code, signal) => {
      clearInterval(ticking)
      if (code !== 0) return fail(`code ${code ?? signal}`)
      say(`${what}: done in ${seconds()}`)
      resolve()
    })
  })
