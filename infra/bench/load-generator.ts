// Asks one address for one path on lasting connections, each request after the answer before, for as long as it is told:
// a line `<milliseconds>` on standard input is answered by a line `{"requests":n,"ms":n}`. Nothing is parsed but the end of an
// answer, which always has the same length, so that what is measured is not this process.
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const [port = '', host = '', connections = '', path = '/', ...headers] = process.argv.slice(2)
const REQUEST = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`)
const OK = 'HTTP/1.1 200 '

let until = 0
let requests = 0
let atRest = (): void => {}

const fail = (reason: string): never => {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}

/** Length of an answer: its head and as many bytes as that says. */
const lengthOf = (answer: string): number => {
  const head = answer.indexOf('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(answer.slice(0, head))?.[1]
  if (!answer.startsWith(OK) || head < 0 || length === undefined) return fail(`not an answer to count: ${answer.slice(0, 200)}`)
  return head + 4 + Number(length)
}

let resting = 0
let answerLength = 0
const sockets: Socket[] = Array.from({ length: Number(connections) }, () => {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
  let got = 0
  socket.on('data', (chunk) => {
    got += chunk.length
    if (answerLength === 0) answerLength = lengthOf(chunk.toString('latin1'))
    if (got < answerLength) return
    if (got > answerLength || (got === chunk.length && chunk.toString('latin1', 0, OK.length) !== OK)) fail(`another answer: ${chunk.toString('latin1', 0, 200)}`)
    got = 0
    requests += 1
    if (performance.now() < until) socket.write(REQUEST)
    else if ((resting += 1) === sockets.length) atRest()
  }).on('error', (error) => fail(error.message)).on('close', () => fail('the connection was ended'))
  return socket
})

for await (const line of createInterface(process.stdin)) {
  const began = performance.now()
  until = began + Number(line)
  requests = resting = 0
  const done = new Promise<void>((resolve) => (atRest = resolve))
  for (const socket of sockets) socket.write(REQUEST)
  await done
  process.stdout.write(`${JSON.stringify({ requests, ms: performance.now() - began })}\n`)
}
process.exit(0)
