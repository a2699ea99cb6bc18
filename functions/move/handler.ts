import type { DrainEvent } from '../../events/drain/events.ts'
import type { Message } from '../../events/messages.ts'
import type { Cause } from '../../infra/functions/cause.ts'
import { onEvent } from '../../infra/functions/on-event.ts'
import { platform } from '../../infra/platform/connect.ts'
import type { Platform } from '../../infra/platform/port.ts'
import { drain } from './drain.ts'
import { moveOff } from './move-off.ts'

type Heard = Extract<DrainEvent | Message, { type: 'NodeDrainRequested' | 'NodeReturned' | 'DrainDue' | 'MoveDue' }>

/** Empties nodes that are drained, and has slots followed by others: elsewhere, or newer ones. */
export const move = async (event: Heard, cause: Cause, on: Platform): Promise<void> => {
  switch (event.type) {
    case 'NodeDrainRequested':
    case 'NodeReturned':
    case 'DrainDue':
      return drain(event.data.node, cause, on)
    case 'MoveDue':
      await moveOff(event.data, cause, on)
      return
    default:
      return event satisfies never
  }
}

export default onEvent(['NodeDrainRequested', 'NodeReturned', 'DrainDue', 'MoveDue'], move, platform)
