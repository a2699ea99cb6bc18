import type { Reactions } from '../../infra/platform/testing/dispatcher.ts'
import { erase } from '../erase/handler.ts'
import { coldStart } from '../cold-start/handler.ts'
import { idle } from '../idle/handler.ts'
import { heal } from '../heal/handler.ts'
import { move } from '../move/handler.ts'
import { provision } from '../provision/handler.ts'
import { retire } from '../retire/handler.ts'
import { sweep } from '../sweep/handler.ts'

/** The functions that react to events, by their names in stack.yml. */
export const REACTIONS = { provision, 'cold-start': coldStart, idle, retire, erase, sweep, heal, move } as const satisfies Reactions
