import { expect, test } from 'vitest'
import { expectAtRest, expectLegalHistory } from './testing/invariants.ts'
import { playground, told } from './testing/playground.ts'

const [MINUTE, HOUR, YEAR] = [60_000, 3_600_000, 365 * 86_400_000]

// A clock that is set, by whoever sets it, at any moment of a life: everything still happens, each thing once, and in a legal order.
test.each([5 * MINUTE, 3 * HOUR, YEAR, -5 * MINUTE, -3 * HOUR, -YEAR])('a clock that jumps by %d milliseconds between any two steps of a life loses and doubles nothing', async (jump) => {
  const steps = ['pause', 'hit', 'hibernate', 'hit', 'restart', 'stop', 'start', 'delete'] as const
  for (let before = 0; before < steps.length; before += 1) {
    const { platform, api, request, run, hit, pass } = playground()
    const id = await request()
    await run()
    for (const [index, step] of steps.entries()) {
      if (index === before) platform.advance(jump)
      if (step === 'hit') await hit(id)
      else if (step === 'delete') await api('DELETE', `/${id}`)
      else await api('POST', `/${id}/${step}`)
      await run()
      if (index !== before) continue
      // a jump ahead may have put it to sleep: that is what its owner asked for
      await expectLegalHistory(platform, id)
      await expectAtRest(platform, id, ['running', 'paused', 'hibernated'])
    }
    await pass(2 * HOUR + Math.abs(jump))
    await expectLegalHistory(platform, id)
    await expectAtRest(platform, id, [])
    const all = await told(platform)
    expect([all.filter((type) => type === 'DeploymentDeleted'), all.filter((type) => type === 'RecordErased'), [...platform.storage.erased]]).toEqual([['DeploymentDeleted'], ['RecordErased'], [id]])
    expect(all.filter((type) => type === 'InstanceStarted').length).toBe(all.filter((type) => type === 'ClaimRequested').length)
  }
})
