import { FUNCTIONS } from './functions.ts'
import type { Image } from './image.ts'
import { PARTS } from './parts.ts'

/** All images that are built here; names of images and of groups are what the command takes. */
export const IMAGES: readonly Image[] = [...PARTS, ...FUNCTIONS]
export const GROUPS = { parts: PARTS, functions: FUNCTIONS } as const
