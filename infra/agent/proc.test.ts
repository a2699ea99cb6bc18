import { expect, test } from 'vitest'
import { parseTcp, processStat } from './proc.ts'
import { overload, parseStalled } from './pressure.ts'

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const socket = (port: number, state: string, received: number) =>
  `   0: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 0100007F:D431 ${state} 00000000:${received.toString(16).toUpperCase().padStart(8, '0')} 00:00000000 00000000     0        0 1`
const table = (...sockets: string[]) => [HEADER, ...sockets, ''].join('\n')

test.each([
  ['an unaccepted connection', table(socket(8080, '0A', 2)), { bytes: 0, connections: 2 }],
  ['unread bytes', table(socket(8080, '01', 117)), { bytes: 117, connections: 0 }],
  ['both, over several sockets', table(socket(8080, '0A', 1), socket(8080, '01', 16), socket(8080, '01', 4), socket(8080, '01', 0)), { bytes: 20, connections: 1 }],
  ['a request whose sender has closed its side', table(socket(8080, '08', 101)), { bytes: 100, connections: 0 }],
])('%s waits', (_, text, waiting) => {
  expect(parseTcp(text).get(8080)).toEqual(waiting)
})

test('idle connections, closed ones and other ports are nothing that waits', () => {
  expect([...parseTcp(table(socket(8080, '0A', 0), socket(8080, '01', 0), socket(8080, '08', 1)))]).toEqual([])
  expect(parseTcp(table(socket(9090, '01', 5))).has(8080)).toBe(false)
  expect([...parseTcp('')]).toEqual([])
})

test('a process is told by its start time', () => {
  expect(processStat(process.pid)).toMatchObject({ state: 'R', startTime: expect.stringMatching(/^\d+$/) })
  expect(processStat(2 ** 30)).toBeNull()
})

test('pressure is the ten-second average of some', () => {
  expect(parseStalled('some avg10=12.50 avg60=3.00 avg300=1.00 total=9\nfull avg10=4.00 avg60=0.00 avg300=0.00 total=1\n')).toBe(12.5)
  expect(parseStalled('')).toBe(0)
})

test('want of memory refuses claims, a busy processor does not', () => {
  const calm = { load: 0, psi: { cpu: 0, memory: 0, io: 0 }, memoryFreeBytes: 2 ** 31 }
  expect(overload(calm)).toBeNull()
  expect(overload({ ...calm, load: 9, psi: { cpu: 100, memory: 0, io: 0 } })).toBeNull()
  expect(overload({ ...calm, memoryFreeBytes: 100 * 1024 * 1024 })).toBe('only 100 MB of memory are free')
  expect(overload({ ...calm, psi: { cpu: 0, memory: 45, io: 0 } })).toBe('tasks wait for memory 45 % of the time')
})
