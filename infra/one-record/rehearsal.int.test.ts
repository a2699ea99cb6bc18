import { expect, test } from 'vitest'
import { rehearse } from './rehearsal.ts'

test('a rehearsal ends, and leaves nothing open', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  await rehearse()
  await expect.poll(() => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length).toBeLessThanOrEqual(before)
})
