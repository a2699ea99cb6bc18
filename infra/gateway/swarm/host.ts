import type { FunctionHost } from '../host.ts'

/** Which services there are, and as what. */
export type Services = Pick<FunctionHost, 'check' | 'run' | 'remove' | 'settle' | 'condition'> & { close(): Promise<void> }

/** Who answers a call, and what is heard of those who do. */
export type Routing = Pick<FunctionHost, 'busy' | 'available' | 'usage' | 'invoke' | 'logs' | 'drain'> & { close(): Promise<void> }

/** Runs functions as services of a Docker Swarm, a container each replica, on any node. */
export const swarmHost = (services: Services, routing: Routing): FunctionHost => ({
  orchestration: 'swarm',
  held: () => [],
  streams: true,
  check: services.check,
  run: services.run,
  remove: services.remove,
  settle: services.settle,
  condition: services.condition,
  busy: routing.busy,
  available: routing.available,
  usage: routing.usage,
  invoke: routing.invoke,
  logs: routing.logs,
  drain: routing.drain,
  close: async () => {
    await routing.close()
    await services.close()
  },
})
