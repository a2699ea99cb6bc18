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

  type World = ReturnType<typeof playground>
  const asleep: Readonly<Record<string, (world: World) => Promise<unknown>>> = { pause: ({ run }) => run(), hibernate: ({ run }) => run(), resume: ({ pass }) => pass(60_000), 'resume anew': ({ pass }) => pass(960_000) }
  const after = async (what: string) => {
    const world = playground()
    const id = await world.request()
    await asleep[what]?.(world)
    const command = what.split(' ')[0] ?? ''
    expect((await world.api('POST', `/${id}/${command}`, undefined, KEY)).status).toBe(202)
    await world.run()
    return { ...world, id, again: (as = command, body?: object) => world.api('POST', `/${id}/${as}`, body, KEY) }
  }

  test.each(Object.keys(asleep))('to %s is done once, though its claim changed since', async (what) => {
    const { platform, api, id, run, again } = await after(what)
    await api('POST', `/${id}/restart`)
    await run()
    const before = await told(platform)
    const reply = await again()
    expect([reply.status, reply.json.status, await told(platform)]).toEqual([202, 'running', before])
  })

  test.each(Object.keys(asleep))('to %s is done once, whatever it is now: stopped, or gone', async (what) => {
    const { platform, api, id, run, again } = await after(what)
    for (const [method, path, status] of [['POST', '/stop', 'stopped'], ['DELETE', '', 'deleted']] as const) {
      await api(method, `/${id}${path}`)
      await run()
      const before = await told(platform)
      const reply = await again()
      expect([reply.status, reply.json.status, await told(platform)]).toEqual([202, status, before])
    }
  })

  test.each(Object.keys(asleep))('to %s is no key for anything else', async (what) => {
    const { platform, again } = await after(what)
    const before = await told(platform)
    for (const other of ['pause', 'resume', 'hibernate', 'restart', 'stop'].filter((command) => !what.startsWith(command))) {
      const reply = await again(other)
      expect([other, reply.status, reply.json.code, reply.json.field]).toEqual([other, 422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key'])
    }
    expect((await again(what.split(' ')[0], {})).status).toBe(422)
    expect(await told(platform)).toEqual(before)
  })

  test.each(['pause', 'resume', 'hibernate'])('to restart is no key to %s', async (command) => {
    const { platform, api, request, run } = playground()
    const id = await request()
    await run()
    await api('POST', `/${id}/restart`, undefined, KEY)
    await run()
    const before = await told(platform)
    expect((await api('POST', `/${id}/${command}`, undefined, KEY)).json.code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect(await told(platform)).toEqual(before)
  })

  test('at once, many times, is one pause', async () => {
    const { platform, api, request, run } = playground()
    const id = await request()
    await run()
    const replies = await Promise.all(Array.from({ length: 6 }, () => api('POST', `/${id}/pause`, undefined, KEY)))
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 202])
    expect((await told(platform)).filter((type) => type === 'PauseRequested')).toHaveLength(1)
  })

  test('is forgotten on claims that ended more than a day ago', async () => {
    const { platform, api, id, run, pass, again } = await after('pause')
    await api('POST', `/${id}/restart`)
    await pass(86_400_001)
    await api('POST', `/${id}/resume`)
    await run()
    expect((await again()).json.status).toBe('pausing')
    expect((await told(platform)).at(-1)).toBe('PauseRequested')
  })
})
