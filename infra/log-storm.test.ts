import { expect, it } from 'vitest'
import { stormBreak } from './log-storm.ts'

it('of a storm of the same writes the beginning, and then how many were left out', () => {
  let time = 0
  const may = stormBreak(() => time)
  const said = Array.from({ length: 100 }, () => may('the broker is away'))
  expect(said.filter((one) => one === 0)).toHaveLength(20)
  expect(said.slice(20).every((one) => one === null)).toBe(true)
  expect(may('something else')).toBe(0)
  time = 10_000
  expect([may('the broker is away'), may('the broker is away')]).toEqual([80, 0])
})

it('remembers a bounded number of texts', () => {
  let time = 0
  const may = stormBreak(() => time)
  for (let text = 0; text < 5_000; text += 1) for (let times = 0; times < 25; times += 1) may(`text ${text}`)
  expect(may('text 0')).toBeNull()
  expect(may('text 4999')).toBe(0) // one too many to be counted
  time = 10_000
  expect(may('text 4999')).toBe(0)
})
