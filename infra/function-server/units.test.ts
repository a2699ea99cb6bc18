import { describe, expect, test } from 'vitest'
import { readSettings } from './settings.ts'
import { durationMs, sizeBytes } from './units.ts'

test.each([['10s', 10_000], ['1m30s', 90_000], ['250ms', 250], ['1.5h', 5_400_000], ['30', 30_000], ['0s', 0], ['', null], ['10', 10_000], ['s', null], ['10 s', null], ['-1s', null], ['1d', null]])('%s is %s ms', (text, ms) => expect(durationMs(text)).toBe(ms))

test.each([['1048576', 1_048_576], ['100kb', 100_000], ['16Mi', 16 * 2 ** 20], ['1 GiB', 2 ** 30], ['1.5k', 1_500], ['', null], ['Mi', null], ['1Ti', null], ['-1', null]])('%s is %s bytes', (text, bytes) => expect(sizeBytes(text)).toBe(bytes))

describe('settings', () => {
  test('of an empty environment', () => {
    expect(readSettings({}, 'mine')).toEqual({ port: 8_080, address: '', name: 'mine', execTimeoutMs: 60_000, readTimeoutMs: 120_000, quietMs: 2_000, maxBodyBytes: 104_857_600, maxInFlight: 0, maxLines: 1_000, jsonConsole: true })
  })
  test('the name it is deployed under counts; an empty variable is none', () => {
    expect(readSettings({ OPENFAAS_NAME: 'theirs', exec_timeout: '', max_inflight: '8', log_format: 'text' }, 'mine')).toMatchObject({ name: 'theirs', execTimeoutMs: 60_000, maxInFlight: 8, jsonConsole: false })
  })
  test.each([['exec_timeout', 'soon', /exec_timeout must be a duration such as 10s, 1m30s or 250ms; it is "soon"/], ['max_body_size', '1 piece', /max_body_size must be a size/], ['port', '99999', /port must be a port/], ['log_format', 'xml', /log_format must be json or text/]])('%s=%s is refused', (name, value, message) => {
    expect(() => readSettings({ [name]: value }, 'f')).toThrow(message)
  })
})
