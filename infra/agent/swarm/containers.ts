import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { planSchema, type Plan } from '../../../events/deployment/settings.ts'
import { orNull, statusOf, type Engine } from '../../gateway/swarm/engine.ts'
import type { Log } from '../../log.ts'
import { lines } from '../../slot/lines.ts'
import { SLOT_LABEL } from '../../slot-keeper/labels.ts'

/** A slot's container as its engine knows it. */
export type SlotContainer = {
  readonly id: string
  readonly plan: Plan
  readonly generation: string
  /** Of its first process, on the node; 0 when it does not run. */
  readonly pid: number
  /** On the network of slots; empty when it is not there. */
  readonly ip: string
  readonly isRunning: boolean
  readonly isPaused: boolean
  /** How it ended, in words. */
  readonly end: string
}

export type ContainerEvent = { readonly id: string; readonly action: string; /** Of a `kill`: its number. */ readonly signal: number | null }

/** The slot containers of this node's engine. Calls on one that is gone do nothing. */
export type Containers = {
  running(): Promise<readonly string[]>
  look(id: string): Promise<SlotContainer | null>
  kill(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  pause(id: string): Promise<void>
  unpause(id: string): Promise<void>
  /** The last lines it wrote, oldest first. */
  tail(id: string): Promise<readonly string[]>
  /** Hears what happens to them until `signal` aborts; `connected` each time that begins, after which nothing is missed. */
  follow(hear: (event: ContainerEvent) => void, connected: () => void, signal: AbortSignal): void
}

const TAIL_LINES = 40
const TAIL_BYTES = 16 * 1024
const AGAIN_MS = 200

const eventSchema = z.object({
  Action: z.string(), id: z.string().optional(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).optional() }),
})

export const slotContainers = (engine: Engine, { pool, network, log }: { readonly pool: string; readonly network: string; readonly log: Log }): Containers => {
  const label = [`${SLOT_LABEL.pool}=${pool}`]
  /** It is gone (404), or does not run, or is as it should be already (409). */
  const settled = async (asking: Promise<unknown>): Promise<void> => {
    await asking.catch((error: unknown) => {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error
    })
  }
  const followOnce = async (hear: (event: ContainerEvent) => void, connected: () => void, signal: AbortSignal): Promise<void> => {
    const stream = await engine.getEvents({ filters: { type: ['container'], event: ['start', 'kill', 'die'], label }, abortSignal: signal })
    const failed = Promise.withResolvers<void>()
    stream.on('data', lines((line) => {
      const { Action, Actor } = eventSchema.parse(JSON.parse(line))
      hear({ id: Actor.ID, action: Action, signal: Number(Actor.Attributes?.['signal'] ?? NaN) || null })
    }, (reason) => failed.reject(new Error(`the engine's events: ${reason}`))))
    for (const end of ['end', 'close', 'error'] as const) stream.once(end, () => failed.resolve())
    connected()
    await failed.promise
  }
  return {
    running: async () => (await engine.listContainers({ filters: { label, status: ['running', 'paused'] } })).map(({ Id }) => Id),
    look: async (id) => {
      const found = await orNull(engine.getContainer(id).inspect())
      if (!found) return null
      const { State, Config, NetworkSettings } = found
      const plan = planSchema.safeParse(Config.Labels[SLOT_LABEL.plan])
      if (!plan.success) return null // of another release
      return {
        id: found.Id, plan: plan.data, generation: Config.Labels[SLOT_LABEL.generation] ?? '', pid: State.Pid, ip: NetworkSettings.Networks[network]?.IPAddress ?? '',
        isRunning: State.Running, isPaused: State.Paused,
        end: State.OOMKilled ? 'its container reached its limit of memory' : `its container ended with code ${State.ExitCode}`,
      }
    },
    kill: (id, signal) => settled(engine.getContainer(id).kill({ signal })),
    pause: async (id) => void (await engine.getContainer(id).pause()),
    unpause: (id) => settled(engine.getContainer(id).unpause().catch((error: unknown) => {
      if (statusOf(error) !== 500) throw error // 20.10 says so of one that is not paused
    })),
    tail: async (id) => {
      const said = await orNull(engine.getContainer(id).logs({ stdout: true, stderr: true, follow: false, tail: TAIL_LINES }))
      return said === null ? [] : logLines(said)
    },
    follow: (hear, connected, signal) => {
      void (async () => {
        while (!signal.aborted) {
          await followOnce(hear, connected, signal).catch((error: unknown) => {
            if (!signal.aborted) log.debug({ reason: String(error) }, 'the engine tells nothing')
          })
          await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined) // told to end
        }
      })()
    },
  }
}

/** Frames of `GET /containers/ID/logs`: eight bytes, the last four the length, then as many of text. */
const logLines = (frames: Buffer): readonly string[] => {
  const texts: string[] = []
  for (let at = 0; at + 8 <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4)
    texts.push(frames.toString('utf8', at + 8, at + 8 + length))
    at += 8 + length
  }
  return texts.join('').slice(-TAIL_BYTES).split('\n').filter((line) => line.trim() !== '')
}
