import { oneRecordApplication } from '../one-record/application.ts'
import { startSlot } from './start.ts'

await startSlot(oneRecordApplication())
