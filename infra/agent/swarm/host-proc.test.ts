import { expect, test } from 'vitest'
import { endsIn, socketIn } from './host-proc.ts'

const status = (shared: string, own = '0000000000000000') => `Name:\tnode\nSigPnd:\t${own}\nShdPnd:\t${shared}\nSigBlk:\t0000000000004000\n`

test.each<readonly [string, string, boolean]>([
  ['nothing', status('0000000000000000'), false],
  ['SIGTERM', status('0000000000004000'), true],
  ['SIGKILL', status('0000000000000100'), true],
  ['SIGTERM to its first thread', status('0000000000000000', '0000000000004000'), true],
  ['SIGSTOP, SIGCONT and SIGWINCH', status('0000000008060000'), false],
  ['anything, and it is gone', '', false],
])('of a process that %s waits for it is known whether it is to end', (_, text, ends) => expect(endsIn(text)).toBe(ends))

const ID = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
const NAME = `0123456789ab-${'0'.repeat(31)}f.sock`
const line = (path: string, flags = '00010000') => `0000000000000000: 00000002 00000000 ${flags} 0001 01 4711 ${path}`
const find = (...lines: readonly string[]) => socketIn(['Num       RefCount Protocol Flags    Type St Inode Path', ...lines].join('\n'), '/run/slot-control/', ID.slice(0, 12))

test('the control socket is the one that listens in the folder under the container\'s own id', () => {
  expect(find(line('@abstract'), line(`/run/slot-control/${NAME}`, '00000000'), line(`/run/slot-control/${NAME}`))).toBe(NAME)
})

test.each([
  `/run/slot-control/${NAME.replace('0123', '9999')}`, `/tmp/${NAME}`, `/run/slot-control/../${NAME}`, '/run/slot-control/0123456789ab-short.sock', `/run/slot-control/${NAME}/x`, '',
])('a socket %j is none', (path) => expect(find(line(path))).toBe(null))
