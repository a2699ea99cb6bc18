import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { keepHealthFile } from './health-file.ts'

const check = /HEALTHCHECK .* CMD (\[.*\])/.exec(readFileSync(new URL('images/files/part.Dockerfile', import.meta.url), 'utf8'))?.[1] ?? ''

test('the check of the images passes as long as the process turns, and not twice when it does not', () => {
  vi.useFakeTimers()
  const folder = mkdtempSync(join(tmpdir(), 'orp-health-'))
  const path = join(folder, 'well')
  const [shell = '', ...args] = (JSON.parse(check) as readonly string[]).map((one) => one.replaceAll('$HEALTH_FILE', path))
  const passes = () => {
    try {
      execFileSync(shell, args, { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  try {
    expect(passes()).toBe(false) // not ready yet
    keepHealthFile(path)
    expect(passes()).toBe(true)
    expect(passes()).toBe(false)
    vi.advanceTimersByTime(5_000)
    expect(passes()).toBe(true)
    writeFileSync(path, '')
    expect(passes()).toBe(false)
  } finally {
    vi.useRealTimers()
    rmSync(folder, { recursive: true, force: true })
  }
})
