import { describe, expect, test } from 'vitest'
import { CATALOGUE, CatalogueError, failure, isFailure, kindOf, toProblem, type ErrorCode } from './errors.ts'

const codes = Object.keys(CATALOGUE) as ErrorCode[]

describe('every error of the catalogue', () => {
  test.each(codes)('%s has a status that fits its kind, and a sentence for a person', (code) => {
    const { kind, status, message } = CATALOGUE[code]
    // what may pass is the server's trouble; a conflict and what can never work are the sender's
    if (kind === 'transient') expect(status).toBeGreaterThanOrEqual(500)
    if (kind === 'conflict' || kind === 'poison') expect(status).toBeLessThan(500)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(message).toMatch(/^[A-Z"{n].*[.}]$/s)
  })

  test.each(codes)('%s is a problem with a stable type', (code) => {
    expect(toProblem(failure(code))).toMatchObject({ code, status: CATALOGUE[code].status, type: expect.stringMatching(/^\/problems\/[a-z-]+$/) })
  })
})

describe('an error', () => {
  test('fills the placeholders of its message; what is missing shows its name', () => {
    expect(failure('NOT_RUNNING', { name: 'demo', status: 'stopped', participle: 'paused' }).message).toBe('Deployment demo is stopped; only a running one can be paused.')
    expect(failure('NOT_RUNNING', { name: 'demo' }).message).toBe('Deployment demo is (status); only a running one can be (participle).')
    expect(failure('WRONG_EXPECTED_REVISION', { stream: 's', actual: 0, expected: undefined }).message).toBe('Stream s is at 0, not at (expected).')
  })

  test('does not fill in what a value looks like', () => {
    expect(failure('NAME_TAKEN', { name: '{status} $&' }).message).toBe('The name "{status} $&" is taken; choose another.')
  })

  test('keeps its cause, its kind, its status and its field', () => {
    const cause = new Error('broken pipe')
    const error = failure('STORE_UNAVAILABLE', { reason: 'no answer' }, cause)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'CatalogueError', code: 'STORE_UNAVAILABLE', kind: 'transient', status: 503, cause })
    expect(error.field).toBeUndefined()
    expect(failure('NAME_TAKEN', { name: 'demo' }).cause).toBeUndefined()
    expect(failure('INVALID_FIELD', { field: 'limit', reason: 'too big' }).field).toBe('limit')
    expect(new CatalogueError('NOT_FOUND').message).toBe('There is nothing at (path).')
  })
})

describe('whatever was thrown', () => {
  test('has a kind; what the catalogue does not know is transient', () => {
    expect([failure('NAME_TAKEN'), failure('WRONG_EXPECTED_REVISION'), failure('MALFORMED_EVENT'), failure('NO_SLOT_FREE'), new Error('x'), 'text', null].map(kindOf)).toEqual(
      ['rejected', 'conflict', 'poison', 'transient', 'transient', 'transient', 'transient'])
  })

  test('is told by its code', () => {
    expect(isFailure(failure('NAME_TAKEN'), 'NAME_TAKEN')).toBe(true)
    expect(isFailure(failure('NAME_TAKEN'), 'NAME_INVALID')).toBe(false)
    expect(isFailure({ code: 'NAME_TAKEN' }, 'NAME_TAKEN')).toBe(false)
  })

  test('becomes problem details, with its field (RFC 9457)', () => {
    expect(toProblem(failure('INVALID_FIELD', { field: 'limit', reason: 'it must be a number' }))).toEqual({
      type: '/problems/invalid-field', title: 'invalid field', status: 400, detail: 'limit: it must be a number.', code: 'INVALID_FIELD', field: 'limit',
    })
  })

  test('that is unknown says nothing of itself, only under which call the log has it', () => {
    expect(toProblem(new Error('password=hunter2'), 'call-7')).toEqual({
      type: '/problems/internal', title: 'internal', status: 500, detail: 'Something went wrong here; the log has it under call id call-7.', code: 'INTERNAL',
    })
    expect(toProblem('text').detail).toContain('unknown')
  })
})
