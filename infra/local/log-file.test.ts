import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { logFile } from './log-file.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'orp-log-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps a log bounded: the newest file and two older ones', () => {
  const log = logFile(join(folder, 'part.log'), 100)
  for (let n = 0; n < 100; n += 1) log.write(`line ${n}`)
  expect(readdirSync(folder).toSorted()).toEqual(['part.log', 'part.log.1', 'part.log.2'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100)
  expect(readFileSync(join(folder, 'part.log'), 'utf8')).toMatch(/line 99\n$/)
})

it('goes on in the file that is there, and gives its last lines', () => {
  logFile(join(folder, 'part.log')).write('before')
  const log = logFile(join(folder, 'part.log'))
  log.write('after')
  expect(log.tail(5)).toEqual(['before', 'after'])
  expect(log.tail(1)).toEqual(['after'])
})

it('of a line that is too long keeps the beginning', () => {
  const log = logFile(join(folder, 'part.log'))
  log.write('x'.repeat(1_000_000))
  expect(statSync(join(folder, 'part.log')).size).toBeLessThan(70_000)
  expect(log.tail(1)[0]).toMatch(/^x+ \.\.\. \(1000000 characters\)$/)
})
