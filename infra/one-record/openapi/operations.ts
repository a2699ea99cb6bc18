import type { Method } from '../http/router.ts'
import { BEYOND } from './beyond.ts'
import type { Declaration, Declarations } from './declaration.ts'
import { HOLDER } from './holder.ts'
import { STANDARD } from './standard.ts'

/** Every endpoint that is served, by method and path; a test holds this against the routes. The client takes its types from here. */
const DECLARED = { ...STANDARD, ...BEYOND, ...HOLDER } as const satisfies Declarations
export type Declared = typeof DECLARED

/** A declaration with its method and its path, which is without slashes at its ends, as those of routes are. */
export type Operation = Declaration & { readonly path: string; readonly method: Method }

const operation = ([name, declaration]: readonly [string, Declaration]): Operation => {
  const [method = '', path = ''] = name.split(' ')
  return { ...declaration, method: method as Method, path: path.slice(1) }
}

export const OPERATIONS: readonly Operation[] = Object.entries(DECLARED).map(operation)
