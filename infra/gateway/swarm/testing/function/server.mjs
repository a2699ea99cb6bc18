// A function that does what its environment says: MODE is absent, `crash`, `deaf` (never listens) or `abrupt` (ends as soon as it is told to).
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const { MODE, VERSION = '1' } = process.env

if (MODE === 'crash') {
  process.stderr.write('this version cannot work\n')
  process.exit(3)
}
if (MODE === 'abrupt') process.once('SIGTERM', () => process.exit(0))

/** path -> answer */
const answers = {
  '/': () => ({ version: VERSION, uid: process.getuid(), environment: process.env }),
  '/secret': (search) => readFileSync(`/var/openfaas/secrets/${search.get('name')}`, 'latin1'),
  '/slow': async (search) => {
    await sleep(Number(search.get('ms')))
    return VERSION
  },
  '/eat': () => {
    const eaten = []
    for (;;) eaten.push(Buffer.alloc(2 ** 20, 1))
  },
}
const server = createServer(async ({ url }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://function')
  try {
    const answer = await answers[pathname](searchParams)
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
if (MODE === 'deaf') setInterval(() => {}, 1_000)
else server.listen(8080, () => writeFileSync('/tmp/.lock', ''))
