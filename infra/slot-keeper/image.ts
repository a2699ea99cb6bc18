import { z } from 'zod'
import { orNull, reasonOf, statusOf, type Engine } from '../gateway/swarm/engine.ts'
import type { RegistryAuth } from '../gateway/swarm/services/registry-auth.ts'
import type { Making } from './spec.ts'

export type SlotImage = Pick<Making, 'image' | 'imageId'>

const distribution = z.object({ Descriptor: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }) })

/**
 * What an image's name means today: pinned by digest where its registry says it, so that every node and every later slot of a generation
 * runs the same; else the one that this node has. @throws Error when neither has it, with the registry's words
 */
export const slotImage = async (engine: Engine, image: string, auth: RegistryAuth): Promise<SlotImage> => {
  if (image.includes('@')) return { image, imageId: null }
  const authconfig = await auth.of(image)
  let refusal: string
  try {
    const { Descriptor: { digest } } = distribution.parse(await engine.getImage(image).distribution(authconfig ? { authconfig } : {}))
    return { image: `${image}@${digest}`, imageId: null }
  } catch (error) {
    if (statusOf(error) === undefined) throw error
    refusal = reasonOf(error)
  }
  const local = await orNull(engine.getImage(image).inspect())
  if (!local) throw new Error(`SLOT_IMAGE ${image} is not to be had: ${refusal}`)
  return { image, imageId: local.Id }
}

/** A tag may mean another image tomorrow, but nobody asks for that each second. */
const KNOWN_FOR_MS = 30_000

/** The same, asked anew only now and then; an error is not remembered. */
export const rememberedImage = (ask: () => Promise<SlotImage>): (() => Promise<SlotImage>) => {
  let known: { readonly image: SlotImage; readonly until: number } | null = null
  return async () => {
    if (known === null || performance.now() > known.until) known = { image: await ask(), until: performance.now() + KNOWN_FOR_MS }
    return known.image
  }
}
