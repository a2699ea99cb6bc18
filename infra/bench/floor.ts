import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { processRuntime } from '../agent/process-runtime.ts'
import { signalFreezer } from '../agent/freezer.ts'
import { CLAIM_HEADER } from '../claim-secret.ts'
import type { StorageAccess } from '../credentials/port.ts'
import { httpClient, type Client } from '../demo/http.ts'
import { randomId } from '../ids.ts'
import { logger } from '../log.ts'
import { bundleSlot } from '../slot/bundle.ts'
import { openClaim } from '../slot/open-claim.ts'
import type { Claim } from '../slot/port.ts'

/** A claim of nobody's deployment, for a server without a playground. */
export const bareClaim = (storage: StorageAccess, deploymentId: string): Claim => ({
  claimId: `${deploymentId}-1`, deploymentId, epoch: 1, name: 'bare', baseUrl: 'http://bare.localhost', storage, ...openClaim(),
})

export type BareServer = { readonly pid: number; readonly url: string; end(): Promise<void> }

/** The same server as a plain process: serving a record of nobody's when this resolves. */
export const spawnBare = async (bundle: string, storage: StorageAccess): Promise<BareServer> => {
  const claim = bareClaim(storage, storage.prefix.slice(0, -1))
  const child = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CLAIM: JSON.stringify({ ...claim, epoch: Date.now() }) } })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return {
    pid: child.pid ?? 0, url: `http://127.0.0.1:${port}/`,
    end: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Milliseconds from the spawn of the same server as a plain process to its first 200. */
export const spawnToFirst200 = async (bundle: string, storage: StorageAccess, client: Client): Promise<number> => {
  const began = performance.now()
  const server = await spawnBare(bundle, storage)
  try {
    const answer = await client.ask(server.url)
    if (answer.status !== 200) throw new Error(`the bare server answered ${answer.status}`)
    return performance.now() - began
  } finally {
    await server.end()
  }
}

/** The bundle of the bare server. */
export const bundleBareServer = (): Promise<string> =>
  bundleSlot({ entry: join(import.meta.dirname, 'bare-server.ts'), outfile: join(import.meta.dirname, '../../dist/bare-server.mjs') })

export type FrozenProcess = { /** Freezes it, rests, then: thaw and request until 200, milliseconds. */ cycle(restMs: number): Promise<number>; close(): Promise<void> }

/** The floor of waking from pause: a slot that is only stopped and continued, and asked directly. */
export const frozenProcess = async (storage: StorageAccess): Promise<FrozenProcess> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orp-floor-'))
  const runtime = processRuntime({ bundle: await bundleSlot(), dataDir, host: '127.0.0.1', freezers: signalFreezer, log: logger('bench', 'silent') })
  const slot = await runtime.spawn('small')
  const header = `floor.${randomId()}`
  const client = httpClient({ keepAlive: false })
  await slot.control.tell({ verb: 'claim', claim: bareClaim(storage, storage.prefix.slice(0, -1)), header, leaseUntil: Date.now() + 3_600_000 })
  return {
    cycle: async (restMs) => {
      await slot.freeze()
      await sleep(restMs)
      const began = performance.now()
      slot.thaw()
      const answer = await client.ask(`http://${slot.address}/`, { headers: { [CLAIM_HEADER]: header } })
      if (answer.status !== 200) throw new Error(`the frozen process answered ${answer.status} ${answer.body.toString('utf8')}`)
      return performance.now() - began
    },
    close: async () => {
      client.close()
      await slot.destroy()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
