import { expect, it } from 'vitest'
import { isReadyLine } from './own-parts.ts'

it.each([
  ['{"level":30,"part":"edge","ready":true,"msg":"ready"}', true],
  ['{"level":30,"msg":"said \\"ready\\":true"}', false],
  ['{"level":30,"ready":false}', false],
  ['ready', false],
  ['{"ready":true', false],
])('reads %s as %s', (line, ready) => expect(isReadyLine(line)).toBe(ready))
