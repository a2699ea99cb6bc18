import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheFolder } from '../local/binaries.ts'

/**
 * A stock faas-cli (MIT, github.com/openfaas/faas-cli, 0.18), from the PATH or beside the servers that set-up built; null when there
 * is none. Set-up does not build it: the playground does not need it, and not every module proxy has it.
 */
export const faasCli: string | null =
  [...(process.env['PATH'] ?? '').split(delimiter), join(cacheFolder(), 'bin')].filter(Boolean).map((folder) => join(folder, 'faas-cli')).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  }) ?? null

export type Ran = { readonly code: number; readonly out: string }

/** Runs it against a gateway, its own configuration in `home`; `out` is all it printed. */
export const runFaasCli = (home: string, gateway: string, args: readonly string[], input = ''): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: home, OPENFAAS_CONFIG: join(home, '.openfaas'), OPENFAAS_URL: gateway }
    const child = execFile(faasCli ?? 'faas-cli', [...args], { cwd: home, env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out: stdout + stderr })
    })
    child.stdin?.end(input)
  })
