import { join } from 'node:path'
import { BASES } from '../../../images/bases/pins.ts'
import { run } from '../../../testbed/run.ts'
import type { Testbed } from '../../../testbed/testing/testbed.ts'

/** As function/Dockerfile has them. */
type Kind = 'plain' | 'checked' | 'bare'

/** Builds the function of `function/` and pushes it to the bed's registry, as whoever deploys one does. Resolves to the image. */
export const pushFunction = async ({ registry, builder }: Testbed, name: string, kind: Kind = 'plain'): Promise<string> => {
  const image = `${registry.address}/${name}:${kind}`
  const docker = ['--host', `unix://${builder.socket}`, '--config', registry.dockerConfig]
  await run('docker', [...docker, 'build', '--quiet', '--target', kind, '--build-arg', `BASE=${registry.address}/${BASES.node}`, '--tag', image, join(import.meta.dirname, 'function')])
  await run('docker', [...docker, 'push', '--quiet', image])
  return image
}
