import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { vi, expect } from 'vitest'
import { z } from 'zod'

/** Waits for a condition, two minutes at most: a Swarm takes 15 to 20 s to give a node up. */
export const until = (condition: () => Promise<boolean>): Promise<void> => vi.waitFor(async () => expect(await condition()).toBe(true), { timeout: 120_000, interval: 100 })

/** Reads what an engine tells of its progress to its end. */
export const untilEnd = async (stream: NodeJS.ReadableStream): Promise<void> => void (await text(stream))

const tasks = z.array(z.object({ NodeID: z.string().default(''), Status: z.object({ ContainerStatus: z.object({ ContainerID: z.string().optional() }).optional() }) }))
const nodes = z.array(z.object({ ID: z.string(), Description: z.object({ Hostname: z.string() }) }))

/** Tasks of a service that are to run and do: on which node, in which container. */
export const tasksOf = async (docker: Docker, service: string): Promise<readonly { readonly node: string; readonly container: string }[]> => {
  const names = new Map(nodes.parse(await docker.listNodes()).map(({ ID, Description }) => [ID, Description.Hostname]))
  const listed = (await docker.listTasks({ filters: { service: [service], 'desired-state': ['running'] } })) as { readonly Status: { readonly State: string } }[]
  return tasks.parse(listed.filter(({ Status }) => Status.State === 'running')).map(({ NodeID, Status }) => ({ node: names.get(NodeID) ?? '', container: Status.ContainerStatus?.ContainerID ?? '' }))
}

/** What a command in a container prints. */
export const execute = async (docker: Docker, container: string, command: readonly string[]): Promise<string> => {
  const stream = await (await docker.getContainer(container).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })).start({})
  const [out, err] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, out, err)
  ;(stream as Readable).once('end', () => (out.end(), err.end()))
  const [printed, complained] = await Promise.all([text(out), text(err)])
  return printed + complained
}
