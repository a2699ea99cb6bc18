import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { apiRefusals } from './testing/api.ts'
import { corruptMessages } from './testing/corrupt.ts'
import { deliveryRefusals } from './testing/deliveries.ts'
import { gatewayRefusals } from './testing/gateway.ts'
import { oneRecordRefusals } from './testing/one-record.ts'
import { parkedMessages } from './testing/parked.ts'
import { replays } from './testing/replays.ts'
import { scene } from './testing/scene.ts'
import { visitorRefusals } from './testing/visitors.ts'

const on = scene()
let before: Awaited<ReturnType<typeof on.everything>>

beforeAll(async () => {
  await on.open()
  before = await on.everything()
})
afterAll(() => on.close())

describe('bad input changes nothing:', () => {
  afterEach(async () => expect(await on.everything()).toEqual(before))

  apiRefusals(on)
  gatewayRefusals(on)
  deliveryRefusals(on)
  replays(on)
  visitorRefusals(on)
  oneRecordRefusals(on)
})

// last, for they change the streams; after the second, read models wait for the release that knows an event of a version to come
corruptMessages(on)
parkedMessages(on)
