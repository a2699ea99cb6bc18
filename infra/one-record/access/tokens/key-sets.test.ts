import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { keySets, KeysUnavailable } from './key-sets.ts'

const key = (kid: string) => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid })
const trust = { issuer: 'https://idp.test', jwksUri: 'https://idp.test/keys', isSibling: false }

/** Key sets over an issuer whose keys and mood are set, and a clock that is. */
const issuer = () => {
  const state = { time: 0, asked: 0, answer: (): unknown => ({ keys: [] }) }
  const keys = keySets(() => {
    state.asked += 1
    return Promise.resolve().then(state.answer)
  }, () => state.time)
  const find = async (kid?: string, from = trust, isNamed = true) => (await keys(from, kid, isNamed)).jwks().keys.map((each) => each.kid)
  return { state, find, minutes: (count: number) => void (state.time += count * 60_000) }
}
const away = () => { throw new KeysUnavailable('away', true) }

test('keys are asked for once, by all who wait together, and again when they are old', async () => {
  const { state, find, minutes } = issuer()
  state.answer = () => ({ keys: [key('a')] })
  expect(await Promise.all([find('a'), find('a'), find()])).toEqual([['a'], ['a'], ['a']])
  minutes(9)
  await find('a')
  expect(state.asked).toBe(1)
  minutes(2)
  await find('a')
  expect(state.asked).toBe(2)
})

test('a key that is not known yet is asked for, at most twice a minute whatever comes', async () => {
  const { state, find, minutes } = issuer()
  state.answer = () => ({ keys: [key('a')] })
  await find('a')
  state.answer = () => ({ keys: [key('a'), key('b')] })
  minutes(1)
  expect(await find('b')).toEqual(['a', 'b'])
  for (let n = 0; n < 100; n++) await find(`forged ${n}`)
  expect(state.asked).toBe(2)
  minutes(1)
  for (let n = 0; n < 100; n++) await find(`forged ${n}`)
  expect(state.asked).toBe(3)
})

test('keys that are gone from the set are good no more', async () => {
  const { state, find, minutes } = issuer()
  state.answer = () => ({ keys: [key('a')] })
  await find('a')
  state.answer = () => ({ keys: [key('b')] })
  minutes(11)
  expect(await find('a')).toEqual(['b'])
})

test('while the issuer is away its keys are used for a day, and it is not pressed', async () => {
  const { state, find, minutes } = issuer()
  state.answer = () => ({ keys: [key('a')] })
  await find('a')
  state.answer = away
  minutes(11)
  for (let n = 0; n < 50; n++) expect(await find('a')).toEqual(['a'])
  expect(state.asked).toBe(2)
  minutes(24 * 60)
  await expect(find('a')).rejects.toMatchObject({ away: true })
  expect(state.asked).toBe(3)
  state.answer = () => ({ keys: [key('c')] })
  minutes(1)
  expect(await find('c')).toEqual(['c'])
})

test.each([
  ['no JSON object', []], ['no keys', {}], ['keys that are none', { keys: [1] }], ['too many keys', { keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) }],
])('an answer with %s is no key set', async (_, answer) => {
  const { state, find } = issuer()
  state.answer = () => answer
  await expect(find('a')).rejects.toMatchObject({ name: 'KeysUnavailable', away: false })
})

test('a discovery document must be of the same issuer', async () => {
  const { state, find } = issuer()
  state.answer = () => ({ issuer: 'https://other.test', jwks_uri: 'https://other.test/keys' })
  await expect(find('a', { ...trust, issuer: 'https://idp.test', jwksUri: null as unknown as string })).rejects.toMatchObject({ message: 'Its issuer calls itself by another name.' })
})

test('issuers whose names anybody can make up are asked so many times a minute, and take no place of named ones', async () => {
  const { state, find } = issuer()
  state.answer = () => ({ keys: [key('a')] })
  await find('a')
  state.answer = away
  const made = (n: number) => ({ issuer: `http://n${n}.play.test`, jwksUri: `http://n${n}.play.test/keys`, isSibling: true })
  for (let n = 0; n < 100; n++) await expect(find('a', made(n), false)).rejects.toBeInstanceOf(KeysUnavailable)
  expect(state.asked).toBe(11)
  expect(await find('a')).toEqual(['a'])
  expect(state.asked).toBe(11)
})

test('whoever makes up names of siblings makes no known one forgotten', async () => {
  const { state, find, minutes } = issuer()
  const sibling = (name: string) => ({ issuer: `http://${name}.play.test`, jwksUri: `http://${name}.play.test/keys`, isSibling: true })
  state.answer = () => ({ keys: [key('a')] })
  for (const name of ['one', 'two', 'three']) await find('a', sibling(name), false)
  state.answer = away
  for (let n = 0; n < 300; n++) {
    await expect(find('a', sibling(`made-up-${n}`), false)).rejects.toBeInstanceOf(KeysUnavailable)
    if (n % 75 === 0) minutes(1)
  }
  for (const name of ['one', 'two', 'three']) expect(await find('a', sibling(name), false)).toEqual(['a'])
})

test('what is nobody’s fault but ours is not taken for the issuer’s', async () => {
  const { state, find } = issuer()
  state.answer = () => { throw new RangeError('a mistake') }
  await expect(find('a')).rejects.toThrow('a mistake')
})

test.each([[{ kty: 'EC' }], [{ kty: 'oct', k: 'AAAA' }], [{ kty: 'RSA', n: 1 }], [{ kty: 'EC', key_ops: 'verify' }], [{ kty: '' }]])('the key %j makes no set fail', async (strange) => {
  const { state, find } = issuer()
  state.answer = () => ({ keys: [strange, key('a')] })
  expect(await find('a')).toContain('a')
})
