import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { overload, readPressure } from './pressure.ts'

test('in a container the figures are the node\'s, by its /proc', () => {
  const proc = mkdtempSync(join(tmpdir(), 'orp-proc-'))
  try {
    mkdirSync(join(proc, 'pressure'))
    for (const [resource, avg10] of [['cpu', 1.5], ['memory', 31], ['io', 0]] as const) writeFileSync(join(proc, 'pressure', resource), `some avg10=${avg10.toFixed(2)} avg60=9.99 avg300=9.99 total=1\nfull avg10=9.99 avg60=9.99 avg300=9.99 total=1\n`)
    writeFileSync(join(proc, 'meminfo'), 'MemTotal:       24624208 kB\nMemFree:          812340 kB\nMemAvailable:    1048576 kB\n')
    const pressure = readPressure(proc)
    expect(pressure).toMatchObject({ psi: { cpu: 1.5, memory: 31, io: 0 }, memoryFreeBytes: 2 ** 30 })
    expect(overload(pressure)).toBe('tasks wait for memory 31 % of the time')
    expect(overload({ ...pressure, memoryFreeBytes: 2 ** 20 })).toBe('only 1 MB of memory are free')
    expect(overload({ ...pressure, psi: { cpu: 100, memory: 0, io: 100 } })).toBe(null)
  } finally {
    rmSync(proc, { recursive: true })
  }
})

test('a /proc without figures is no figure: it is told at the start', () => expect(() => readPressure('/nowhere')).toThrow('meminfo'))
