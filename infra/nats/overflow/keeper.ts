import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { MarkerTaken, type Marker, type Markers } from './markers.ts'

export type KeeperOptions = {
  readonly markers: Markers
  /** What the marker has to say now. */
  readonly marker: () => Marker
  /** Whether this reader still works on the key. */
  readonly isOurs: () => boolean
  /** Whether this reader is the active one: the marker is the active reader's, whoever wrote it last. */
  readonly isActive: () => Promise<boolean>
  /** Another reader has it. */
  readonly onLost: () => void
  readonly log: Log
}

/** Keeps one marker up to date: one write at a time, the newest state, again until it stands or is another reader's. */
export class Keeper {
  readonly #options: KeeperOptions
  #revision: number
  #isDirty = false
  #saving: Promise<void> | null = null

  /** `revision` is that of the marker as it was found, 0 when there is none. */
  constructor(options: KeeperOptions, revision: number) {
    this.#options = options
    this.#revision = revision
  }

  /** Resolves when nothing is being written. */
  get saved(): Promise<void> {
    return this.#saving ?? Promise.resolve()
  }

  /** Has the present state written soon; states that were passed meanwhile are not. */
  save(): void {
    this.#isDirty = true
    this.#saving ??= (async () => {
      while (this.#isDirty && (await this.store())) await sleep(SAVE_EVERY_MS)
      this.#saving = null
    })()
  }

  /** Writes the present state; false when it is another reader's. Never rejects. */
  async store(): Promise<boolean> {
    const { markers, marker } = this.#options
    return await this.#surely(async () => {
      this.#isDirty = false
      this.#revision = await markers.put(marker(), this.#revision)
    })
  }

  /** False when it is another reader's. Never rejects. */
  async remove(): Promise<boolean> {
    await this.saved
    const { markers, marker } = this.#options
    return await this.#surely(async () => {
      if (this.#revision > 0) await markers.remove(marker().subject, this.#revision)
    })
  }

  /** Removes what was stored in vain, if it is still the same. */
  async discard(): Promise<void> {
    const { markers, marker, log } = this.#options
    await markers.remove(marker().subject, this.#revision).catch((error: unknown) => log.debug({ err: error }, 'the marker is another reader\'s'))
  }

  async #surely(write: () => Promise<void>): Promise<boolean> {
    const { isOurs, log } = this.#options
    for (let pauseMs = PAUSE_MS; isOurs(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await write()
        return true
      } catch (error) {
        this.#isDirty = true
        if (error instanceof MarkerTaken && (await this.#reclaimed())) continue
        if (!isOurs()) return false
        log.warn({ err: error }, 'cannot write the marker yet')
        await sleep(pauseMs)
      }
    }
    return false
  }

  /** Whether it may be written over what stands there now: our own write whose answer was lost, or what a reader before wrote late. */
  async #reclaimed(): Promise<boolean> {
    const { markers, marker, isActive, onLost, log } = this.#options
    try {
      const stored = await markers.get(marker().subject)
      const isActiveNow = await isActive()
      if (isActiveNow) this.#revision = stored?.revision ?? 0
      else onLost()
      return isActiveNow
    } catch (error) {
      log.debug({ err: error }, 'whose marker it is is not known')
      return false
    }
  }
}

/** What is settled between two writes is handled again after a crash. */
const SAVE_EVERY_MS = 25
const PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
