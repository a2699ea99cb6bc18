import { BASES } from '../images/bases/pins.ts'
import { docker } from '../images/docker.ts'

/** Volumes of a node and whose they are: the users of stack.yml, who are nobody on the node. */
const VOLUMES: Readonly<Record<string, number>> = { 'one-record_nats': 10_002, 'one-record_minio-a': 10_003, 'one-record_minio-b': 10_003, 'one-record_registry': 10_004 }

/** Makes the volumes of the node whose engine this is, or gives those that are there to their users; what is in them stays. */
export const makeVolumes = async (): Promise<void> => {
  const mounts = Object.keys(VOLUMES).flatMap((name) => ['--volume', `${name}:/volumes/${name}`])
  const commands = Object.entries(VOLUMES).map(([name, user]) => `chown ${user}:${user} /volumes/${name} && chmod 700 /volumes/${name}`)
  await docker(['run', '--rm', '--network', 'none', '--user', '0:0', '--entrypoint', 'sh', ...mounts, BASES.node, '-euc', commands.join('\n')])
}
