import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, planSchema, settingsSchema } from './settings.ts'

test('the defaults are settings', () => {
  expect(settingsSchema.parse(DEFAULT_SETTINGS)).toEqual(DEFAULT_SETTINGS)
})

test.each([
  ['no time at all', { pauseAfterSeconds: 0 }], ['half a second', { pauseAfterSeconds: 0.5 }], ['more than a day', { pauseAfterSeconds: 86_401 }],
  ['more than a month', { hibernateAfterSeconds: 30 * 86_400 + 1 }], ['a body of nothing', { maxBodyBytes: 1_023 }], ['a body of a disk', { maxBodyBytes: 2 ** 40 }],
  ['a word', { pauseAfterSeconds: '60' }], ['what nobody knows', { colour: 'green' }],
])('%s is none', (_, change) => {
  expect(settingsSchema.safeParse({ ...DEFAULT_SETTINGS, ...change }).success).toBe(false)
})

test('there is one plan', () => {
  expect(planSchema.options).toEqual(['small'])
})
