import { expect, it } from 'vitest'
import { bytesInHand } from './bytes-in-hand.ts'

it('holds for many up to its limit, for one alone whatever it needs', () => {
  const [a, b] = [{}, {}]
  const { take, letGo } = bytesInHand(100)
  expect([take(a, 60), take(b, 40), take(b, 1), take(a, 1)]).toEqual([true, true, false, false])
  letGo(b)
  expect([take(a, 500), take(b, 1)]).toEqual([true, false])
  letGo(a)
  letGo(a)
  expect([take(b, 100), take(a, 1)]).toEqual([true, false])
})
