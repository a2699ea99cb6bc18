import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BASES } from './bases/pins.ts'
import { docker } from './docker.ts'
import type { Image } from './image.ts'
import type { Stamp } from './stamp.ts'

/**
 * Fills the context of one image and builds it; layers that are as they were are the Engine's from before. Works with BuildKit and with
 * the builder before it. @throws Error with the end of the builder's output
 */
export const buildImage = async (image: Image, { contexts, reference, stamp, signal }: { readonly contexts: string; readonly reference: string; readonly stamp: Stamp; readonly signal: AbortSignal }): Promise<void> => {
  const context = join(contexts, image.name)
  rmSync(context, { recursive: true, force: true })
  mkdirSync(context, { recursive: true })
  await inTurn(() => image.fill(context))
  const settings = { BASE: BASES[image.base], TITLE: image.title, ...image.settings, ...stamp }
  await docker(['build', '--network', 'none', '--tag', reference, ...Object.entries(settings).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]), context], { signal })
}

/** One at a time: a bundler that ends its helper process would end everybody's. */
const inTurn = (fill: () => Promise<void>): Promise<void> => {
  const mine = last.then(fill)
  last = mine.catch(() => {}) // told to whoever it belongs to
  return mine
}
let last = Promise.resolve()
