import { join } from 'node:path'
import { bundleSlot } from '../slot/bundle.ts'

/** The slot, and beside it what it loads late. */
export const bundleSlotImage = async (context: string): Promise<void> => {
  await bundleSlot({ outfile: join(context, 'app', 'main.mjs') })
}
