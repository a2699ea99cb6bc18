import { describe, expect, test, vi } from 'vitest'
import { DEFAULT_SETTINGS } from '../../events/deployment/settings.ts'
import { allows, type Status } from '../../events/states.ts'
import { playground, told, type Playground } from '../testing/playground.ts'

type Command = 'start' | 'stop' | 'restart' | 'pause' | 'resume' | 'hibernate' | 'delete'
const COMMANDS: readonly Command[] = ['start', 'stop', 'restart', 'pause', 'resume', 'hibernate', 'delete']

const send = ({ api }: Playground, id: string, command: Command, headers: Readonly<Record<string, string>> = {}) =>
  command === 'delete' ? api('DELETE', `/${id}`, undefined, headers) : api('POST', `/${id}/${command}`, undefined, headers)

/** How a deployment gets into each state that can be seen from outside. */
const WAYS: Readonly<Partial<Record<Status, (world: Playground, id: string) => Promise<unknown>>>> = {
  starting: async () => {},
  running: ({ run }) => run(),
  pausing: async (world, id) => (await world.run(), send(world, id, 'pause')),
  paused: ({ pass }) => pass(60_000),
  waking: async (world, id) => (await world.pass(60_000), send(world, id, 'resume')),
  hibernating: async (world, id) => (await world.run(), send(world, id, 'hibernate')),
  hibernated: ({ pass }) => pass(960_000),
  failed: async ({ platform, run }) => ((platform.agents.free = 0), run()),
  stopping: async (world, id) => (await world.run(), send(world, id, 'stop')),
  stopped: async (world, id) => (await world.run(), await send(world, id, 'stop'), world.run()),
  deleting: async (world, id) => (await world.run(), send(world, id, 'delete')),
  deleted: async (world, id) => (await world.run(), await send(world, id, 'delete'), world.run()),
}

/** What a command does to a deployment in that state: the state it shows then, or the code of the refusal. `=`: nothing, it is so already. */
const TABLE: Readonly<Record<string, Readonly<Record<Command, string>>>> = {
  starting: { start: '=', stop: 'stopping', restart: 'ILLEGAL_TRANSITION', pause: 'NOT_RUNNING', resume: '=', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  running: { start: '=', stop: 'stopping', restart: 'starting', pause: 'pausing', resume: '=', hibernate: 'hibernating', delete: 'deleting' },
  pausing: { start: '=', stop: 'stopping', restart: 'ILLEGAL_TRANSITION', pause: '=', resume: '=', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  paused: { start: '=', stop: 'stopping', restart: 'starting', pause: '=', resume: 'waking', hibernate: 'hibernating', delete: 'deleting' },
  waking: { start: '=', stop: 'stopping', restart: 'ILLEGAL_TRANSITION', pause: 'NOT_RUNNING', resume: '=', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  hibernating: { start: '=', stop: 'stopping', restart: 'ILLEGAL_TRANSITION', pause: 'NOT_RUNNING', resume: '=', hibernate: '=', delete: 'deleting' },
  hibernated: { start: '=', stop: 'stopping', restart: 'starting', pause: 'NOT_RUNNING', resume: 'waking', hibernate: '=', delete: 'deleting' },
  failed: { start: 'starting', stop: 'stopping', restart: 'starting', pause: 'NOT_RUNNING', resume: 'ILLEGAL_TRANSITION', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  stopping: { start: 'ILLEGAL_TRANSITION', stop: '=', restart: 'ILLEGAL_TRANSITION', pause: 'NOT_RUNNING', resume: 'ILLEGAL_TRANSITION', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  stopped: { start: 'starting', stop: '=', restart: 'ILLEGAL_TRANSITION', pause: 'NOT_RUNNING', resume: 'ILLEGAL_TRANSITION', hibernate: 'NOT_RUNNING', delete: 'deleting' },
  deleting: { start: 'DEPLOYMENT_DELETED', stop: 'DEPLOYMENT_DELETED', restart: 'DEPLOYMENT_DELETED', pause: 'DEPLOYMENT_DELETED', resume: 'DEPLOYMENT_DELETED', hibernate: 'DEPLOYMENT_DELETED', delete: '=' },
  deleted: { start: 'DEPLOYMENT_DELETED', stop: 'DEPLOYMENT_DELETED', restart: 'DEPLOYMENT_DELETED', pause: 'DEPLOYMENT_DELETED', resume: 'DEPLOYMENT_DELETED', hibernate: 'DEPLOYMENT_DELETED', delete: '=' },
}

describe.each(Object.entries(TABLE))('a deployment that is %s', (status, commands) => {
  test.each(COMMANDS.map((command) => [command, commands[command]] as const))('%s: %s', async (command, outcome) => {
    const world = playground()
    const id = await world.request('demo')
    await WAYS[status as Status]?.(world, id)
    expect(await world.status(id)).toBe(status)
    const before = await told(world.platform)
    const reply = await send(world, id, command)
    const refused = outcome === outcome.toUpperCase() && outcome !== '='
    expect(refused ? reply.json.code : reply.json.status).toBe(outcome === '=' ? status : outcome)
    expect(reply.status).toBe(!refused ? 202 : outcome === 'DEPLOYMENT_DELETED' ? 410 : 409)
    expect((await told(world.platform)).length > before.length).toBe(!refused && outcome !== '=')
  })
})

test('this is what the table of states says', () => {
  for (const [status, commands] of Object.entries(TABLE)) {
    for (const [command, event] of [['stop', 'StopRequested'], ['delete', 'DeletionRequested'], ['pause', 'PauseRequested'], ['hibernate', 'HibernateRequested']] as const) {
      expect([status, command, /^[a-z]/.test(commands[command])]).toEqual([status, command, allows(status as Status, event)])
    }
  }
})

describe('resuming', () => {
  test.each(['pausing', 'hibernating'] as const)('while it is %s leads to running: whoever ends that looks again', async (status) => {
    const world = playground()
    const id = await world.request('demo')
    await WAYS[status]?.(world, id)
    expect((await send(world, id, 'resume')).json.status).toBe(status)
    await world.run()
    expect(await world.status(id)).toBe('running')
    expect(await told(world.platform)).toContain(status === 'pausing' ? 'InstancePaused' : 'InstanceHibernated')
  })

  test('while it is pausing counts also where the clock is behind the one that began the pause', async () => {
    const world = playground()
    const id = await world.request('demo')
    await WAYS.pausing?.(world, id)
    world.platform.advance(-500)
    await send(world, id, 'resume')
    await world.run()
    expect(await world.status(id)).toBe('running')
  })

  test('when its sleep ended between the look and the step wakes it all the same', async () => {
    const world = playground()
    const id = await world.request('demo')
    await WAYS.hibernating?.(world, id)
    const { changeLoaded } = world.platform.instances
    vi.spyOn(world.platform.instances, 'changeLoaded').mockImplementationOnce(async (loaded, ...rest) => {
      await world.run()
      return changeLoaded(await world.platform.instances.current(loaded.instance.claimId) ?? loaded, ...rest)
    })
    expect((await send(world, id, 'resume')).json.status).toBe('waking')
  })

  test.each([['failed', 'it is paused or hibernated; start it instead.'], ['stopped', 'it is paused or hibernated; start it instead.'], ['stopping', 'it is paused or hibernated.']] as const)(
    'what is %s is refused with what is possible', async (status, ending) => {
      const world = playground()
      const id = await world.request('demo')
      await WAYS[status]?.(world, id)
      const { json } = await send(world, id, 'resume')
      expect([json.code, json.detail]).toEqual(['ILLEGAL_TRANSITION', `Deployment demo is ${status}; resume is possible only when ${ending}`])
    })
})

describe('changing settings', () => {
  test('changes those that are named, and leaves the others', async () => {
    const world = playground()
    const id = await world.request('demo', { pauseAfterSeconds: 5 })
    const { status, json, headers } = await world.api('PATCH', `/${id}/settings`, { hibernateAfterSeconds: 50 })
    expect([status, json.settings, headers['etag']]).toEqual([202, { ...DEFAULT_SETTINGS, pauseAfterSeconds: 5, hibernateAfterSeconds: 50 }, '"2"'])
  })

  test('to what they are already changes nothing', async () => {
    const world = playground()
    const id = await world.request('demo', { pauseAfterSeconds: 5 })
    expect((await world.api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 })).json.revision).toBe(1)
  })

  test.each([[{}, 'INVALID_FIELD', 'body'], [{ colour: 1 }, 'UNKNOWN_FIELD', 'colour'], [{ pauseAfterSeconds: -1 }, 'INVALID_FIELD', 'pauseAfterSeconds']])('to %j is refused', async (body, code, field) => {
    const world = playground()
    const id = await world.request()
    const before = await told(world.platform)
    const reply = await world.api('PATCH', `/${id}/settings`, body)
    expect([reply.status, reply.json.code, reply.json.field, await told(world.platform)]).toEqual([400, code, field, before])
  })

  test('of a deleted deployment is refused', async () => {
    const world = playground()
    const id = await world.request()
    await send(world, id, 'delete')
    expect((await world.api('PATCH', `/${id}/settings`, { pauseAfterSeconds: 5 })).status).toBe(410)
  })
})

test.each(['', 'x'.repeat(501), 'a\0b', 'a\ud800b'])('why it was stopped must be words: %j is refused', async (reason) => {
  const world = playground()
  const id = await world.request()
  const { status, json } = await world.api('POST', `/${id}/stop`, { reason })
  expect([status, json.code, json.field]).toEqual([400, 'INVALID_FIELD', 'reason'])
})

test('why it was stopped is shown until it is started', async () => {
  const world = playground()
  const id = await world.request()
  expect((await world.api('POST', `/${id}/stop`, { reason: 'until Monday' })).json.reason).toBe('until Monday')
  await world.run()
  expect((await send(world, id, 'start')).json.reason).toBeNull()
})

describe('a command', () => {
  test.each<[string, string, string, number, string]>([
    ['to nobody', 'POST', '/nobody/stop', 404, 'DEPLOYMENT_NOT_FOUND'],
    ['to delete nobody', 'DELETE', '/nobody', 404, 'DEPLOYMENT_NOT_FOUND'],
    ['to put nobody to sleep', 'POST', '/nobody/pause', 404, 'DEPLOYMENT_NOT_FOUND'],
    ['to resume nobody', 'POST', '/nobody/resume', 404, 'DEPLOYMENT_NOT_FOUND'],
    ['that is none', 'POST', '/demo/explode', 404, 'NOT_FOUND'],
    ['by the wrong method', 'GET', '/demo/stop', 405, 'METHOD_NOT_ALLOWED'],
    ['with a name that is no text', 'GET', '/%E0%A4%A', 400, 'INVALID_FIELD'],
  ])('%s is refused', async (_, method, path, status, code) => {
    const { api } = playground()
    const reply = await api(method, path)
    expect([reply.status, reply.json.code]).toEqual([status, code])
  })

  test.each(['start', 'restart', 'pause', 'resume', 'hibernate'])('%s takes no fields', async (command) => {
    const world = playground()
    const id = await world.request()
    const reply = await world.api('POST', `/${id}/${command}`, { force: true })
    expect([reply.status, reply.json.code, reply.json.field]).toEqual([400, 'UNKNOWN_FIELD', 'force'])
  })

  test.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic b3BlcmF0b3I6eA==' }])('without the operator\'s token changes and shows nothing: %j', async (headers) => {
    const world = playground()
    const id = await world.request()
    const before = await told(world.platform)
    for (const [method, path] of [['GET', '/'], ['POST', '/'], ['GET', `/${id}`], ['DELETE', `/${id}`], ['POST', `/${id}/stop`]] as const) {
      const reply = await world.api(method, path, undefined, { authorization: '', ...headers })
      expect([reply.status, reply.json.code, reply.headers['www-authenticate']]).toEqual([401, 'UNAUTHENTICATED', 'Bearer'])
    }
    expect(await told(world.platform)).toEqual(before)
  })
})
