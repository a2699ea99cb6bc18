import { createServer, type Server } from 'node:net'
import { expect, it } from 'vitest'
import { PORT_VARIABLES, chooseFree, demandFree } from './ports.ts'

const hold = (port = 0): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server))
  })
const portOf = (server: Server): number => (server.address() as { port: number }).port

it('names the variable of every port that is taken', async () => {
  const servers = await Promise.all([hold(), hold()])
  const [http, waker] = servers.map(portOf)
  const taken = demandFree([
    { variable: 'HTTP_PORT', port: http ?? 0, address: '127.0.0.1' }, { variable: 'WAKER_PORT', port: waker ?? 0, address: '127.0.0.1' },
  ])
  await expect(taken).rejects.toThrow(new RegExp(`Port ${http} \\(HTTP_PORT\\) is taken.*set HTTP_PORT to another.*\\nPort ${waker} \\(WAKER_PORT\\)`))
  servers.forEach((server) => server.close())
})

it('chooses different free ports, below those of outgoing connections', async () => {
  const ports = Object.values(await chooseFree(PORT_VARIABLES, {}))
  expect(new Set(ports).size).toBe(PORT_VARIABLES.length)
  for (const port of ports) expect(port).toBeGreaterThanOrEqual(15_000)
  for (const port of ports) expect(port).toBeLessThan(32_000)
})

it('keeps the port it had, unless that is taken now', async () => {
  const { HTTP_PORT: had = 0 } = await chooseFree(['HTTP_PORT'], {})
  expect(await chooseFree(['HTTP_PORT'], { HTTP_PORT: had })).toEqual({ HTTP_PORT: had })
  const server = await hold(had)
  expect((await chooseFree(['HTTP_PORT'], { HTTP_PORT: had })).HTTP_PORT).not.toBe(had)
  server.close()
})
