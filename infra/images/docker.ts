import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export type DockerOptions = {
  readonly input?: string
  /** In place of DOCKER_CONFIG. */
  readonly configFolder?: string
  /** Beside that of this process: the variables of a stack file. */
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * Runs the docker command, which knows the Engine, its contexts and its credentials. Resolves to what it writes.
 * @throws Error with the end of what it complains of
 */
export const docker = async (args: readonly string[], { input, configFolder, environment, signal }: DockerOptions = {}): Promise<string> => {
  const child = spawn('docker', [...args], {
    stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment, ...(configFolder ? { DOCKER_CONFIG: configFolder } : {}) }, ...(signal ? { signal } : {}),
  })
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once('close', (code, by) => resolve(code ?? by)).once('error', (cause) => reject(new Error(`docker cannot be run: ${cause.message}`, { cause })))
  })
  child.stdin.on('error', () => {}).end(input) // whoever ends without reading says why
  const [written, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`docker ${args[0]} ended with ${code}: ${lastLines(complaint) || lastLines(written)}`)
  return written
}

const lastLines = (output: string): string => output.trim().split('\n').slice(-12).join('\n')
