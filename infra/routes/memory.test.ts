import { routesContract } from './contract.ts'
import { memoryRoutes } from './memory.ts'

const routes = memoryRoutes()
routesContract(() => [routes, routes])
