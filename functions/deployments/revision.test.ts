import { describe, expect, test } from 'vitest'
import { playground, told } from '../testing/playground.ts'

describe('If-Match', () => {
  test.each([['the tag it has', '"1"', 202], ['any', '*', 202], ['one of several', '"0", "1"', 202], ['a stale tag', '"0"', 412], ['a tag from the future', '"9"', 412]])(
    '%s: %s', async (_, ifMatch, status) => {
      const { platform, api, request } = playground()
      const id = await request()
      const before = await told(platform)
      const reply = await api('POST', `/${id}/stop`, undefined, { 'if-match': ifMatch })
      expect(reply.status).toBe(status)
      if (status === 412) expect([reply.json.code, reply.json.field, await told(platform)]).toEqual(['STALE_REVISION', 'If-Match', before])
    },
  )

  test.each(['1', '"one"', 'W/"1"', '""', '"1", nonsense'])('%s is no entity tag of ours', async (ifMatch) => {
    const { platform, api, request } = playground()
    const id = await request()
    const before = await told(platform)
    const reply = await api('DELETE', `/${id}`, undefined, { 'if-match': ifMatch })
    expect([reply.status, reply.json.code, reply.json.field, await told(platform)]).toEqual([400, 'INVALID_FIELD', 'If-Match', before])
  })

  test.each(['pause', 'resume', 'hibernate'])('%s heeds it too', async (command) => {
    const { platform, api, request, pass } = playground()
    const id = await request('demo')
    await pass(command === 'resume' ? 960_000 : 0)
    const before = await told(platform)
    expect((await api('POST', `/${id}/${command}`, undefined, { 'if-match': '"0"' })).status).toBe(412)
    expect(await told(platform)).toEqual(before)
    expect((await api('POST', `/${id}/${command}`, undefined, { 'if-match': '"1"' })).status).toBe(202)
  })

  test('sleeping and waking are no decisions of the owner: the tag stays', async () => {
    const { api, request, pass } = playground()
    const id = await request()
    const before = (await api('GET', `/${id}`)).headers['etag']
    await pass(60_000)
    expect([(await api('GET', `/${id}`)).json.status, (await api('GET', `/${id}`)).headers['etag']]).toEqual(['paused', before])
  })

  test('of two who decide on the same revision, one is told to decide anew', async () => {
    const { api, request } = playground()
    const id = await request()
    const replies = await Promise.all([5, 6].map((pauseAfterSeconds) => api('PATCH', `/${id}/settings`, { pauseAfterSeconds }, { 'if-match': '"1"' })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 412])
  })

  test('of two who do not say what they saw, both are heard', async () => {
    const { api, request } = playground()
    const id = await request()
    await Promise.all([api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 }), api('PATCH', `/${id}/settings`, { hibernateAfterSeconds: 50 })])
    expect((await api('GET', `/${id}`)).json).toMatchObject({ settings: { pauseAfterSeconds: 5, hibernateAfterSeconds: 50 }, revision: 3 })
  })
})

describe('a command with an Idempotency-Key', () => {
  const KEY = { 'idempotency-key': 'k-1' }

  test('is done once, whatever happened since', async () => {
    const { platform, api, request, run } = playground()
    const id = await request()
    await run()
    await api('POST', `/${id}/restart`, undefined, KEY)
    await run()
    const before = await told(platform)
    expect((await api('POST', `/${id}/restart`, undefined, KEY)).status).toBe(202)
    expect(await told(platform)).toEqual(before)
    expect((await api('POST', `/${id}/restart`)).status).toBe(202)
    expect(await told(platform)).not.toEqual(before)
  })

  test('repeats what was answered, also when the revision it was meant for is past', async () => {
    const { api, request } = playground()
    const id = await request()
    const headers = { ...KEY, 'if-match': '"1"' }
    expect((await api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 }, headers)).status).toBe(202)
    expect((await api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 }, headers)).status).toBe(202)
  })

  test('with another body is refused', async () => {
    const { platform, api, request } = playground()
    const id = await request()
    await api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 }, KEY)
    const before = await told(platform)
    const reply = await api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 6 }, KEY)
    expect([reply.status, reply.json.code, await told(platform)]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', before])
  })

  test('of one deployment says nothing to another', async () => {
    const { api, request } = playground()
    const ids = [await request('one'), await request('two')]
    for (const id of ids) expect((await api('POST', `/${id}/stop`, undefined, KEY)).json.status).toBe('stopping')
  })

  test('to pause is done once, though it was awake since', async () => {
    const { platform, api, request, run, hit } = playground()
    const id = await request()
    await run()
    await api('POST', `/${id}/pause`, undefined, KEY)
    await run()
    await hit(id)
    await run()
    const before = await told(platform)
    expect((await api('POST', `/${id}/pause`, undefined, KEY)).json.status).toBe('running')
    expect(await told(platform)).toEqual(before)
  })
})
