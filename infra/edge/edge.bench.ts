import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, startLoad } from '../bench/load.ts'
import { rateRow, type Bench } from '../bench/row.ts'
import { binary } from '../local/binaries.ts'
import { end, freePort, listening } from '../testing/servers.ts'
import { route, runtime, startTestEdge } from './testing.ts'

const HOSTS = 5_000
// many short rounds: what else the machine does meets all three alike
const ROUNDS = 60
const WARM_UP = 6
const ROUND_MS = 230

/** What a slot is built on, in a process of its own: `node:http`, a small JSON answer. */
const BACKEND = `const body = JSON.stringify({ '@type': 'ServerInformation', text: 'x'.repeat(400) })
const server = require('node:http').createServer({ keepAliveTimeout: 0 }, (request, response) => response.writeHead(200, { 'content-type': 'application/ld+json', 'content-length': body.length }).end(body))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/** The HTTP work that a proxy before any one server does too: it tells who asked and for what, and believes no visitor about that. */
const staticConfig = (port: number, backend: number): string => `defaults
  mode http
  http-reuse safe
  option http-no-delay
  option abortonclose
  timeout connect 2s
  timeout client 5m
  timeout server 5m
frontend edge
  bind 127.0.0.1:${port}
  http-request del-header x-forwarded- -m beg
  http-request del-header forwarded
  http-request add-header X-Forwarded-For %[src]
  http-request add-header X-Forwarded-Proto http
  http-request add-header X-Forwarded-Host %[req.hdr(host)]
  http-request add-header X-Forwarded-Port ${port}
  default_backend one
backend one
  server one 127.0.0.1:${backend}
`

const startBackend = async () => {
  const child = spawn(process.execPath, ['-e', BACKEND], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(String(line)) }
}

const startStatic = async (backend: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-bench-'))
  const port = await freePort()
  writeFileSync(join(folder, 'haproxy.cfg'), staticConfig(port, backend))
  const child = spawn(binary('haproxy'), ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'inherit' })
  await listening(port)
  return { child, port, stop: () => end(child).then(() => rmSync(folder, { recursive: true })) }
}

/** The edge in earnest, of which 5,000 hosts are known and routed. */
const startFullEdge = async (backend: number) => {
  const on = await startTestEdge()
  const names = Array.from({ length: HOSTS }, (_, index) => `bench-${index}`)
  const rest = names.values()
  let sequence = 0
  await Promise.all(Array.from({ length: 64 }, async () => {
    for (const name of rest) await on.routes.put(route(name, ++sequence, { address: `127.0.0.1:${backend}` }))
  }))
  const isLeased = async () => Number(/value="(\d+)"/.exec(await runtime(on.config, 'get map lease.map until'))?.[1]) > 0
  const slots = async () => (await runtime(on.config, 'show map slots.map')).split('\n').filter((line) => line.includes('|')).length
  while (!(await isLeased()) || (await slots()) < HOSTS) await sleep(50)
  return on
}

/** One running deployment among 5,000 known: through the edge, through HAProxy with one static backend, and without any. */
export const edge: Bench = {
  name: 'edge',
  about: 'requests/s of a running deployment through the edge, 5,000 hosts known | HAProxy with one static backend; and direct',
  run: async (progress) => {
    const backend = await startBackend()
    const [on, bare] = await Promise.all([startFullEdge(backend.port), startStatic(backend.port)])
    const host = `bench-${Math.floor(HOSTS / 2)}.${on.config.DEPLOYMENTS_DOMAIN}`
    const loads = [startLoad(on.config.HTTP_PORT, host), startLoad(bare.port, host), startLoad(backend.port, host)] as const
    const [ours, fixed, direct]: [number[], number[], number[]] = [[], [], []]
    const proxies = { ours: { ms: 0, requests: 0 }, fixed: { ms: 0, requests: 0 } }
    try {
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        const rates: number[] = []
        for (const [index, load] of loads.entries()) {
          const [pid, spent] = index === 0 ? [await on.haproxyPid(), proxies.ours] : [bare.child.pid ?? 0, proxies.fixed]
          const before = cpuMs(pid)
          const rate = await load.measure(ROUND_MS)
          rates.push(rate)
          if (index === 2 || round < 0) continue
          spent.ms += cpuMs(pid) - before
          spent.requests += rate * (ROUND_MS / 1000)
        }
        if (round < 0) continue
        for (const [index, samples] of [ours, fixed, direct].entries()) samples.push(rates[index] ?? 0)
      }
      const perRequest = ({ ms, requests }: { ms: number; requests: number }) => ((ms * 1000) / requests).toFixed(1)
      progress(`HAProxy: ${perRequest(proxies.ours)} us of a core a request, the static one ${perRequest(proxies.fixed)}; generators took ${loads.map((load) => load.share().toFixed(2)).join(', ')} of a core`)
      return [rateRow({ name: 'edge-static', ours, floor: fixed, least: 0.95 }), rateRow({ name: 'edge-direct', ours, floor: direct, least: 0.55 })]
    } finally {
      await Promise.all(loads.map((load) => load.close()))
      await Promise.all([on.stop(), bare.stop(), end(backend.child)])
    }
  },
}
