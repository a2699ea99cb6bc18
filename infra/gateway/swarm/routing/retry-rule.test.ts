import { expect, test } from 'vitest'
import { mayGoAgain, type Reach } from './retry-rule.ts'

test.each<[Reach, string, boolean, number, boolean]>([
  // reach, method, whole body at hand, how often it broke -> again
  ['unreached', 'GET', true, 0, true],
  ['unreached', 'POST', true, 0, true],
  ['unreached', 'POST', false, 0, true], // a body on its way is not begun before there is a connection
  ['unreached', 'PATCH', true, 9, true],
  ['unheard', 'GET', true, 1, true],
  ['unheard', 'HEAD', true, 2, true],
  ['unheard', 'PUT', true, 1, true],
  ['unheard', 'DELETE', true, 1, true],
  ['unheard', 'OPTIONS', true, 1, true],
  ['unheard', 'GET', true, 3, false],
  ['unheard', 'PUT', false, 1, false],
  ['unheard', 'POST', true, 1, false],
  ['unheard', 'PATCH', true, 1, false],
  ['unheard', 'PROPPATCH', true, 1, false],
  ['heard', 'GET', true, 1, false],
  ['heard', 'POST', true, 1, false],
])('%s %s, body at hand: %s, broke %i times: again: %s', (reach, method, isWhole, broken, again) => {
  expect(mayGoAgain(reach, { method, isWhole, broken })).toBe(again)
})
