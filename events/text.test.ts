import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logTailOf } from './log-tail.ts'
import { holdsRefusedText, spoken } from './text.ts'

const units = fc.array(fc.oneof(fc.constantFrom('\0', '\ud83d', '\ude00', '😀', '\u001b', '\n', 'é'), fc.string({ unit: 'binary' })), { maxLength: 40 }).map((parts) => parts.join(''))

test('what a machine said can be held, wherever it is cut', () => {
  fc.assert(fc.property(units, fc.nat({ max: 50 }), (text, most) => {
    expect(spoken(text, most).length).toBeLessThanOrEqual(most)
    expect(holdsRefusedText(spoken(text, most))).toBe(false)
    expect(holdsRefusedText(logTailOf([text, 'x'.repeat(299) + text]))).toBe(false)
  }))
})

test('what is whole stays as it was said', () => expect(spoken('Größe 😀 "\\u0000"', 100)).toBe('Größe 😀 "\\u0000"'))

test.each<readonly [unknown, boolean]>([
  ['a\0', true], ['\ud800', true], [{ a: [{ b: '\udfff' }] }, true], [{ '\0': 1 }, true], [['fine', null, 7, true, {}], false], ['😀', false], ['\\u0000', false], ['\n', false], [undefined, false],
])('%j is refused: %j', (value, refused) => expect(holdsRefusedText(value)).toBe(refused))
