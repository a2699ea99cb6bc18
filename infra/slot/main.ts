import { oneRecordApplication } from '../one-record/application.ts'
import { EXCHANGES } from './exchanges.ts'
import { rehearse } from './rehearse.ts'
import { startSlot } from './start.ts'

await startSlot(oneRecordApplication(), () => rehearse(oneRecordApplication(), EXCHANGES))
