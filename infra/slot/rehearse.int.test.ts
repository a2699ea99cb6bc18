import { expect, test } from 'vitest'
import { oneRecordApplication } from '../one-record/application.ts'
import { EXCHANGES } from './exchanges.ts'
import { rehearse } from './rehearse.ts'

test('the ONE Record server takes every request of its rehearsal', async () => {
  expect(await rehearse(oneRecordApplication(), EXCHANGES)).toEqual([200, 201, 200, 201, 200, 200])
})
