import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { roomOf, roomOn } from './room.ts'

const [MB, GB] = [1024 ** 2, 1024 ** 3]

it('is scarce below the reserve, and none below a quarter of it', () => {
  expect([256, 255, 64, 63].map((free) => roomOf(free * MB, 100 * GB, 256 * MB))).toEqual(['ample', 'scarce', 'scarce', 'none'])
})

it('of a small file system reserves a twentieth', () => {
  expect([6, 4, 1].map((free) => roomOf(free * MB, 100 * MB, 256 * MB))).toEqual(['ample', 'scarce', 'none'])
})

it('is asked of the file system that a folder is on; of none that is not there', () => {
  expect(roomOn(tmpdir(), 0)()).toBe('ample')
  expect(roomOn('/nowhere/at/all', 1_000_000)()).toBe('ample')
})
