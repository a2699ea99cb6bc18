import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BaseName } from './bases/pins.ts'

/** One image that is built here. */
export type Image = {
  readonly name: string
  /** One line about it: the label org.opencontainers.image.title. */
  readonly title: string
  /** What it begins with: build argument BASE. */
  readonly base: BaseName
  /** Further build arguments. */
  readonly settings: Readonly<Record<string, string>>
  /** Puts the Dockerfile, and whatever that copies, into the folder that is the build's context. */
  fill(context: string): Promise<void>
}

/** Nobody on any machine: files of the host and of other containers that belong to people are not its. */
export const NOBODY = 10_001

export const copyDockerfile = (name: 'part.Dockerfile' | 'slot.Dockerfile' | 'haproxy.Dockerfile', context: string): void =>
  copyFileSync(join(import.meta.dirname, 'files', name), join(context, 'Dockerfile'))
