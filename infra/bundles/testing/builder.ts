import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BASES } from '../../images/bases/pins.ts'
import { run, SYSTEM_PATH } from '../../testbed/run.ts'
import type { Testbed } from '../../testbed/testing/testbed.ts'

/** The bed's engine for builds, as a docker command of its own: its builds reach package registries from this machine's network. */
export const builderOf = ({ builder, registry }: Testbed) => {
  const base = `${registry.address}/${BASES.node}`
  const docker = (...args: readonly string[]): Promise<string> => run('docker', ['--host', `unix://${builder.socket}`, '--config', registry.dockerConfig, ...args])
  return {
    docker, base,
    build: (context: string, image: string, ...args: readonly string[]): Promise<string> =>
      docker('build', '--quiet', '--network', 'host', '--build-arg', `NODE_IMAGE=${base}`, ...args, '--tag', image, context),
    /** What faas-cli, which calls `docker`, needs in its environment; `folder` is for that command. */
    environment: (folder: string): NodeJS.ProcessEnv => {
      mkdirSync(folder, { recursive: true })
      const command = join(folder, 'docker')
      writeFileSync(command, `#!/bin/sh
PATH=\${PATH#*:}
if [ "$1" = build ]; then shift; exec docker build --network host --build-arg NODE_IMAGE=${base} "$@"; fi
exec docker "$@"
`)
      chmodSync(command, 0o755)
      return { PATH: `${folder}:${SYSTEM_PATH}`, DOCKER_HOST: `unix://${builder.socket}`, DOCKER_CONFIG: registry.dockerConfig }
    },
  }
}
