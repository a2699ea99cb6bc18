import { expect, test } from 'vitest'
import { handlerModule } from './handler-module.ts'

const handler = () => 'answered'
const close = () => 'closed'

test.each([
  ['export default', { default: handler, close }],
  ['module.exports, as import has it', { default: Object.assign(() => 'answered', { close }) }],
  ['module.exports, as require has it', Object.assign(() => 'answered', { close })],
  ['export default, compiled to CommonJS', { default: { __esModule: true, default: handler, close } }],
])('%s', (_, loaded) => {
  const found = handlerModule(loaded)
  expect([found.handler(...([] as unknown as Parameters<typeof found.handler>)), found.close()]).toEqual(['answered', 'closed'])
})

test('no close is none', () => expect(handlerModule({ default: handler }).close()).toBeUndefined())

test.each([[{}], [{ handler }], [{ default: 7 }], [null]])('%j has no handler', (loaded) => expect(() => handlerModule(loaded)).toThrow(/no default export that is a function/))
