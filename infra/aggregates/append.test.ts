import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../events/errors.ts'
import { METADATA } from '../platform/testing/given.ts'
import { caused, untilNoConflict } from './append.ts'

const events = [{ type: 'NameReserved', data: {} }, { type: 'NameReserved', data: {} }, { type: 'NameReleased', data: {} }]
const conflict = () => failure('WRONG_EXPECTED_REVISION', { stream: 'name.demo', actual: 1, expected: 0 })

describe('what a cause leads to', () => {
  test('has the same ids each time, and no two alike', () => {
    const ids = caused(events, 'cause', METADATA).map(({ id }) => id)
    expect(caused(events, 'cause', METADATA).map(({ id }) => id)).toEqual(ids)
    expect(new Set([...ids, ...caused(events, 'another', METADATA).map(({ id }) => id)]).size).toBe(6)
  })
})

describe('when somebody else was first', () => {
  test('it is tried anew from the start', async () => {
    const attempt = vi.fn<() => Promise<string>>().mockRejectedValueOnce(conflict()).mockRejectedValueOnce(conflict()).mockResolvedValue('done')
    expect([await untilNoConflict(attempt), attempt.mock.calls.length]).toEqual(['done', 3])
  })

  test('but not for ever', async () => {
    const attempt = vi.fn<() => Promise<string>>().mockRejectedValue(conflict())
    await expect(untilNoConflict(attempt)).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' })
    expect(attempt).toHaveBeenCalledTimes(8)
  })

  test('any other failure ends it at once', async () => {
    const attempt = vi.fn<() => Promise<string>>().mockRejectedValue(failure('STORE_UNAVAILABLE', { reason: 'away' }))
    await expect(untilNoConflict(attempt)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(attempt).toHaveBeenCalledTimes(1)
  })
})
