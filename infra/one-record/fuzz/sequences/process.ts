import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as passed } from 'node:timers/promises'
import { randomId } from '../../../ids.ts'
import { closedSettings } from '../../access/testing/closed.ts'
import type { Claim } from '../../../slot/port.ts'
import { end, type MinioServer } from '../../../testing/servers.ts'
import { flakyProxy } from '../../testing/flaky-proxy.ts'
import { claimOn } from '../../testing/store.ts'

/** A server in a process of its own, on one record, that can be ended or killed and started again with the next epoch. */
export type ServerProcess = {
  address(): string
  readonly claim: Claim
  hides(): boolean
  /** Killed (SIGKILL) or ended in order, and started again. */
  again(how: 'kill' | 'end', hides: boolean): Promise<void>
  /** Its object store cannot be reached for so many milliseconds. */
  withoutStore(ms: number): Promise<void>
  /** Most memory that a process of it had, bytes. */
  peak(): Promise<number>
  stop(): Promise<void>
}

const ROOM = { storedBytes: 2 ** 40, objects: 10_000_000, bodyBytes: 1024 * 1024, documentBytes: 1024 * 1024, requestsPerMinute: 1_000_000_000 }

export const startServer = async (minio: MinioServer): Promise<ServerProcess> => {
  const prefix = `${randomId()}/`
  const proxy = await flakyProxy(minio.port)
  const first = claimOn(minio, { prefix, endpoint: proxy.url, settings: closedSettings({}, { limits: ROOM, outboundAllow: '' }) })
  let [epoch, hides, most] = [1, true, 0]
  const start = async (): Promise<{ readonly child: ChildProcess; readonly address: string }> => {
    const claim: Claim = { ...first, epoch, claimId: `${prefix.slice(0, -1)}-${epoch}`, access: { ...first.access, hideForbidden: hides } }
    const child = spawn(process.execPath, [`${import.meta.dirname}/../../testing/main.ts`, JSON.stringify(claim)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${String(code)} before it listened`)))
    const [port] = (await Promise.race([once(child.stdout, 'data'), failed])) as [Buffer]
    failed.catch(() => {})
    return { child, address: `http://127.0.0.1:${port.toString().trim()}` }
  }
  let serving = await start()
  const look = async (): Promise<number> => (most = Math.max(most, await peakOf(serving.child)))
  return {
    address: () => serving.address,
    claim: first,
    hides: () => hides,
    again: async (how, hide) => {
      await look()
      await end(serving.child, how === 'kill' ? 'SIGKILL' : 'SIGTERM')
      epoch += 1
      hides = hide
      serving = await start()
    },
    withoutStore: async (ms) => {
      proxy.cut()
      await passed(ms)
      proxy.mend()
    },
    peak: look,
    stop: async () => {
      await end(serving.child, 'SIGKILL')
      await proxy.stop()
    },
  }
}

/** Peak resident memory as Linux counts it; 0 elsewhere. */
const peakOf = async ({ pid }: ChildProcess): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
