import { describe, expect, test } from 'vitest'
import { fromTheirStream, streamFilter, toTheirStream, uuidOf } from './names.ts'

describe('streams there', () => {
  test.each(['deployment.abc', 'instance.abc-7', 'name.my-demo'] as const)('%s is named by category and id, and read back', (stream) => {
    expect(toTheirStream(stream)).toBe(stream.replace('.', '-'))
    expect(fromTheirStream(toTheirStream(stream))).toBe(stream)
  })

  test.each([
    ['events.deployment.*', ['deployment-a', 'deployment-a-1'], ['instance-a', '$ce-deployment', 'my-deployment-a']],
    ['events.*.abc', ['deployment-abc', 'name-abc'], ['deployment-abcd', 'deployment-x']],
    ['events.>', ['deployment-a', 'name-b'], ['$all', '$settings']],
    ['events.deployment.abc', ['deployment-abc'], ['deployment-abcd']],
  ])('%s', (subject, heard, unheard) => {
    const filter = new RegExp(streamFilter([subject]))
    expect([heard.filter((each) => !filter.test(each)), unheard.filter((each) => filter.test(each))]).toEqual([[], []])
  })

  test('several subjects are one filter', () => {
    const filter = new RegExp(streamFilter(['events.deployment.*', 'events.name.x']))
    expect(['deployment-a', 'name-x', 'name-y'].map((each) => filter.test(each))).toEqual([true, true, false])
  })
})

describe('ids there', () => {
  test('are UUIDs, the same for the same id', () => {
    expect(uuidOf('abc')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuidOf('abc')).toBe(uuidOf('abc'))
    expect(uuidOf('abd')).not.toBe(uuidOf('abc'))
  })
})
