import { chmodSync, cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundleSlot } from '../slot/bundle.ts'

/** The slot, beside it what it loads late, and an empty folder that anybody may write to while the image is built: what V8 compiles. */
export const bundleSlotImage = async (context: string): Promise<void> => {
  const app = join(context, 'app')
  await bundleSlot({ outfile: join(app, 'main.mjs') })
  cpSync(join(import.meta.dirname, 'files/compile-slot.mjs'), join(app, 'compile-slot.mjs'))
  mkdirSync(join(app, 'compiled'))
  chmodSync(join(app, 'compiled'), 0o777)
}
