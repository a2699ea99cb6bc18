import { comparePositions } from '../event-store/port.ts'
import { routeSchema, type Route, type Routes } from './port.ts'

/** Routes in memory, for tests; `all` shows what stands. */
export const memoryRoutes = (): Routes & { readonly all: ReadonlyMap<string, Route> } => {
  const all = new Map<string, Route>()
  return {
    all,
    put: async (route) => {
      const parsed = routeSchema.parse(route)
      const standing = all.get(route.deploymentId)
      if (standing && comparePositions(standing.sequence, route.sequence) >= 0) return standing
      all.set(route.deploymentId, parsed)
      return parsed
    },
    get: async (deploymentId) => all.get(deploymentId) ?? null,
  }
}
