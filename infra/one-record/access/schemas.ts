import * as z from 'zod/mini'
import { isHttpIri } from './tokens/issuers.ts'

/** An absolute http or https IRI. */
export const httpIri = z.string().check(z.refine(isHttpIri, { error: 'must be an absolute http or https IRI' }))

/** A name that goes into addresses and texts as it is. */
export const name = z.string().check(z.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, { error: 'must be up to 64 letters, digits, points, hyphens and underscores' }))

/** A text for people. */
export const title = z.string().check(z.trim(), z.minLength(1), z.maxLength(200))
