import { describe, expect, test } from 'vitest'
import { bytesOf, millisecondsOf, nanoCpusOf } from './quantities.ts'

describe('memory', () => {
  test.each([['128Mi', 134_217_728], ['1Gi', 2 ** 30], ['64M', 64e6], ['64m', 64 * 2 ** 20], ['20k', 20_000], ['4Ki', 4_096], ['134217728', 134_217_728], ['1.5Gi', 1.5 * 2 ** 30], ['512b', 512], [' 1G ', 1e9]])('%s is %i bytes', (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes)
  })
  test.each(['', 'Mi', '-1Mi', '1 Gi', '1GiB', 'lots', '1e9', '0x10', '1,5Gi', '1MI', '9'.repeat(16), 'constructor', '1constructor'])('%j is none', (text) => {
    expect(bytesOf(text)).toBeUndefined()
  })
})

describe('processor time', () => {
  test.each([['100m', 1e8], ['0.5', 5e8], ['2', 2e9], ['1500m', 1.5e9], ['0.001', 1e6]])('%s is %i billionths of a core', (text, nanos) => {
    expect(nanoCpusOf(text)).toBe(nanos)
  })
  test.each(['', 'm', '-1', '1.5.0', '100M', '1 core', '.5', '1e3', 'Infinity'])('%j is none', (text) => {
    expect(nanoCpusOf(text)).toBeUndefined()
  })
})

describe('durations', () => {
  test.each([['30s', 30_000], ['1m30s', 90_000], ['500ms', 500], ['2h', 7_200_000], ['15', 15_000], ['1.5s', 1_500]])('%s is %i ms', (text, milliseconds) => {
    expect(millisecondsOf(text)).toBe(milliseconds)
  })
  test.each(['', 's', '1d', '-1s', '1s ago', '1 s', 'soon'])('%j is none', (text) => {
    expect(millisecondsOf(text)).toBeUndefined()
  })
})
