import { describe, expect, it, vi } from 'vitest'
import { askInTurn, gatewayUrls, takeTurns } from './gateways.ts'

const [one, two] = ['http://127.0.0.1:1', 'http://127.0.0.1:2']

describe('the gateways of a dispatcher', () => {
  const at = (GATEWAY_ADDRESSES: string, GATEWAY_PORT = 1) => gatewayUrls({ GATEWAY_ADDRESSES, GATEWAY_PORT, BIND_ADDRESS: '127.0.0.1' })
  it('are the one of its port, or all there are with that one first', () => {
    expect(at('')).toEqual([one])
    expect(at('127.0.0.1:1,127.0.0.1:2', 2)).toEqual([two, one])
    expect(at('10.0.0.1:80,10.0.0.2:80')).toEqual(['http://10.0.0.1:80', 'http://10.0.0.2:80'])
  })
})

describe('taking turns', () => {
  it('stays with one that answers, and passes once however many calls it failed', () => {
    const turn = takeTurns([one, two])
    expect([turn.current(), turn.current()]).toEqual([one, one])
    expect([turn.pass(one), turn.pass(one), turn.current()]).toEqual([two, two, two])
    expect(turn.pass(two)).toBe(one)
  })

  it('asks each once and gives the last reason', async () => {
    const ask = vi.fn(async (url: string) => Promise.reject(new Error(url)))
    await expect(askInTurn(takeTurns([one, two]), ask)).rejects.toThrow(two)
    expect(ask.mock.calls).toEqual([[one], [two]])
  })
})
