import { orNull, type Engine } from '../../gateway/swarm/engine.ts'
import type { Log } from '../../log.ts'
import type { Containers } from './containers.ts'
import { slotId } from './container-slot.ts'

/** What Swarm labels the containers of its tasks with. */
const TASK_LABEL = 'com.docker.swarm.task.id'

/**
 * Slots that Swarm does not keep, but docker compose: a restart policy leaves alone what was killed by its engine's API, so whoever ended
 * one here has it begin anew. One that others stop stays stopped.
 */
export const startingAgain = (containers: Containers, engine: Engine, log: Log): Containers => {
  const startAgain = async (id: string): Promise<void> => {
    const container = engine.getContainer(id)
    const found = await orNull(container.inspect())
    if (!found || TASK_LABEL in found.Config.Labels) return
    await container.wait()
    await container.start()
  }
  return {
    ...containers,
    kill: async (id, signal) => {
      await containers.kill(id, signal)
      startAgain(id).catch((error: unknown) => log.warn({ slot: slotId(id), reason: String(error) }, 'a slot that was ended does not begin anew'))
    },
  }
}
