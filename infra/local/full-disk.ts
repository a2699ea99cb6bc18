import type { AskRoom } from '../disk/room.ts'

export type FullDiskOptions = {
  readonly room: AskRoom
  readonly restart: (part: string) => Promise<void>
  readonly report: (text: string) => void
  /** How often it is looked for room, milliseconds. */
  readonly everyMs?: number
}

export type FullDisk = { /** Every line a part prints. */ hear(part: string, line: string): void; stop(): void }

/**
 * A stream of nats-server that met the end of the disk in a write takes nothing more, and answers nothing, until the server starts
 * again (2.15.2, `Critical write error`). So once there is room it is started again: what was acknowledged is on disk, and all
 * others connect again by themselves.
 */
export const mendBroker = ({ room, restart, report, everyMs = 1_000 }: FullDiskOptions): FullDisk => {
  const stuck = new Set<string>()
  const look = async (): Promise<void> => {
    if (stuck.size === 0 || room() === 'none') return
    const parts = [...stuck]
    stuck.clear()
    report(`there is room again; starting ${parts.join(', ')} again, which met the end of the disk`)
    await Promise.all(parts.map(restart))
  }
  const timer = setInterval(() => void look(), everyMs)
  return {
    hear: (part, line) => {
      if (part === 'nats-server' && line.includes('no space left on device')) stuck.add(part)
    },
    stop: () => clearInterval(timer),
  }
}
