import { startSlot } from '../start.ts'
import { testApplication } from './application.ts'

await startSlot(testApplication())
