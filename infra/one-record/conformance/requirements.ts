import { ACTIONS } from './actions.ts'
import { EXCHANGES } from './exchanges.ts'
import { OBJECTS } from './objects.ts'
import type { Requirement } from './requirement.ts'
import { RULES } from './rules.ts'
import { SECURITY } from './security.ts'

/**
 * Every MUST, MUST NOT, SHOULD, SHOULD NOT and RECOMMENDED that the API and security part of the ONE Record standard has for a
 * server, of 2.2.0 (2025-07) and 2.3.0 (2026-07). What its pages say several times in the same words is here once, and a table of
 * headers or of statuses of one endpoint is one requirement.
 */
export const REQUIREMENTS: readonly Requirement[] = [...RULES, ...OBJECTS, ...ACTIONS, ...EXCHANGES, ...SECURITY]
