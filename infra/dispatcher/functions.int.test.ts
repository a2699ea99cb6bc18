import pino from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepLooking, listFunctions, type Refreshing } from './functions.ts'
import { CREDENTIALS, TestGateway } from './testing/gateway.ts'

const log = pino({ enabled: false })

describe('the functions of the gateway', () => {
  const gateway = new TestGateway()
  beforeEach(() => gateway.start())
  afterEach(() => gateway.stop())

  it('are listed with their annotations; one that cannot be read is left out', async () => {
    gateway.functions = [{ name: 'provision', annotations: { topic: 'events.>' } }, { name: '../system' }, { name: 'idle', annotations: null }]
    expect(await listFunctions({ url: gateway.url, ...CREDENTIALS }, log)).toEqual([{ name: 'provision', annotations: { topic: 'events.>' } }, { name: 'idle', annotations: null }])
  })

  it('are not given to a wrong password: that is an error, no empty list', async () => {
    await expect(listFunctions({ url: gateway.url, user: 'admin', password: 'wrong' }, log)).rejects.toThrow('401')
  })
})

describe('looking', () => {
  let looking: Refreshing
  afterEach(() => looking.close())

  it('goes on after failures, sooner than at its own time', async () => {
    const look = vi.fn(async () => {}).mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'))
    looking = keepLooking(look, 60_000, log)
    await looking.first
    expect(look).toHaveBeenCalledTimes(3)
  })

  it('makes one more look of all calls that came during one', async () => {
    const under = Promise.withResolvers<void>()
    const look = vi.fn(async () => {}).mockReturnValueOnce(under.promise)
    looking = keepLooking(look, 60_000, log)
    looking.look()
    looking.look()
    under.resolve()
    await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2))
    await looking.close()
    expect(look).toHaveBeenCalledTimes(2)
  })

  it('looks by itself as a safety net', async () => {
    const look = vi.fn(async () => {})
    looking = keepLooking(look, 5, log)
    await vi.waitFor(() => expect(look.mock.calls.length).toBeGreaterThan(3))
  })
})
