import assert from 'node:assert/strict'
import { test } from 'node:test'
import handler from './handler.ts'
import { call } from './testing.ts'

test('greets whoever says a name', async () => {
  const { status, body } = await call(handler, { method: 'POST', body: { name: 'Ada' } })
  assert.equal(status, 200)
  assert.deepEqual(body, { greeting: 'Hello, Ada.' })
})

test('says what it needs', async () => {
  const { status, body } = await call(handler, { method: 'POST', body: {} })
  assert.equal(status, 400)
  assert.deepEqual(body, { error: 'Send JSON with a name: {"name": "Ada"}' })
})

test('takes nothing but POST', async () => {
  const { status, headers } = await call(handler, { method: 'GET' })
  assert.equal(status, 405)
  assert.equal(headers['allow'], 'POST')
})
