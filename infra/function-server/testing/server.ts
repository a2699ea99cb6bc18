import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { ROOT } from '../../bundles/root.ts'
import { freePort, listening } from '../../testing/servers.ts'

export type Line = { readonly level: number; readonly msg: string; readonly callId?: string; readonly status?: number; readonly linesNotWritten?: number; readonly err?: { readonly message: string } }

export type Served = {
  readonly url: string
  readonly port: number
  /** What it logged so far, each line parsed. */
  readonly lines: readonly Line[]
  kill(signal: NodeJS.Signals): void
  readonly exited: Promise<number | null>
}

type Options = { readonly file?: string; readonly env?: Readonly<Record<string, string>> }

/** The template's own server file, in a process of its own, with this handler; `file` is its name. */
export const serveHandler = (source: string, { file = 'handler.mjs', env = {} }: Options = {}): Promise<Served> => serveFiles(new Map([[file, source]]), { file, env })

/** The same with the files of a function; `file` is its handler. */
export const serveFiles = async (files: ReadonlyMap<string, string>, { file = 'handler.js', env = {} }: Options = {}): Promise<Served> => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-function-'))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'main.mjs'), `import { serve } from ${JSON.stringify(join(ROOT, 'template/node24-ts/server.mjs'))}
await serve(() => import(${JSON.stringify(join(folder, file))}), 'tested')
`)
  const port = await freePort()
  const child = spawn(process.execPath, [join(folder, 'main.mjs')], { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env['PATH'], bind_address: '127.0.0.1', healthcheck_interval: '300ms', ...env, port: String(port) } })
  const lines: Line[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const exited = once(child, 'close').then(() => child.exitCode)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true })
  })
  await Promise.race([listening(port, 60), exited])
  return { url: `http://127.0.0.1:${port}`, port, lines, kill: (signal) => void child.kill(signal), exited }
}
