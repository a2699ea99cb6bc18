import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { binary } from '../../local/binaries.ts'
import { file, folder, link, text, type Entry } from './layer.ts'
import { libraries, programPath, tree } from './machine.ts'
import { BASES, type BaseName } from './pins.ts'
import { postgres } from './postgres.ts'
import { PATH, type Recipe } from './recipe.ts'

/** Each follows the official image of its name in paths, users, entrypoint, environment and signals, as far as ours and their users go. */
export const RECIPES: Readonly<Record<BaseName, () => Recipe>> = {
  node: () => {
    const npm = dirname(dirname(realpathSync(programPath('npm', 'npm'))))
    const own = [file('usr/local/bin/node', join(nodeFolder(), 'bin/node'), 0o755)]
    return {
      system: true,
      entries: [
        ...withLibraries(own), link('usr/local/bin/nodejs', 'node'),
        folder('usr/local/lib/node_modules'), folder('usr/local/lib/node_modules/npm'), ...tree(npm, 'usr/local/lib/node_modules/npm', (path) => /\/(man|docs)(\/|$)/.test(path.slice(npm.length))),
        link('usr/local/bin/npm', '../lib/node_modules/npm/bin/npm-cli.js'), link('usr/local/bin/npx', '../lib/node_modules/npm/bin/npx-cli.js'),
        script('usr/local/bin/docker-entrypoint.sh', 'node.sh'),
      ],
      config: {
        // registries behind an authority of this machine's own are reached from builds too
        Env: [PATH, `NODE_VERSION=${BASES.node.split(/[:-]/)[1]}`, 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'],
        Entrypoint: ['docker-entrypoint.sh'], Cmd: ['node'],
      },
    }
  },
  haproxy: () => ({
    system: true,
    entries: [
      ...withLibraries([file('usr/local/sbin/haproxy', programPath('haproxy', 'haproxy'), 0o755)]),
      folder('usr/local/etc'), folder('usr/local/etc/haproxy'), folder('var/lib/haproxy', 0o755, 99), script('usr/local/bin/docker-entrypoint.sh', 'haproxy.sh'),
    ],
    config: { Env: [PATH], Entrypoint: ['docker-entrypoint.sh'], Cmd: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'], User: 'haproxy', WorkingDir: '/var/lib/haproxy', StopSignal: 'SIGUSR1' },
  }),
  nats: () => ({
    system: false,
    entries: [
      ...withLibraries([file('nats-server', binary('nats-server'), 0o755)]), folder('usr'), folder('usr/lib'), link('lib', 'usr/lib'), link('lib64', 'usr/lib64'), folder('tmp', 0o1777),
      text('nats-server.conf', 'port: 4222\nmonitor_port: 8222\ncluster { port: 6222 }\n'),
    ],
    config: { Env: ['PATH=/'], Entrypoint: ['/nats-server'], Cmd: ['--config', 'nats-server.conf'], WorkingDir: '/', ExposedPorts: ['4222/tcp', '6222/tcp', '8222/tcp'] },
  }),
  minio: () => ({
    system: true,
    entries: [...withLibraries([file('usr/bin/minio', binary('minio'), 0o755)]), script('usr/bin/docker-entrypoint.sh', 'minio.sh'), folder('data', 0o755, 1000)],
    config: { Env: [PATH, 'MINIO_UPDATE=off'], Entrypoint: ['/usr/bin/docker-entrypoint.sh'], Cmd: ['minio'], ExposedPorts: ['9000/tcp'], Volumes: ['/data'] },
  }),
  postgres,
  registry: () => ({
    system: true,
    entries: [
      ...withLibraries([file('usr/bin/registry', programPath('docker-registry', 'docker-registry'), 0o755)]), script('entrypoint.sh', 'registry.sh'), folder('var/lib/registry'),
      folder('etc/docker'), folder('etc/docker/registry'), text('etc/docker/registry/config.yml', readFileSync(join(import.meta.dirname, 'files/registry.yml'), 'utf8')),
    ],
    config: { Env: [PATH], Entrypoint: ['/entrypoint.sh'], Cmd: ['/etc/docker/registry/config.yml'], ExposedPorts: ['5000/tcp'], Volumes: ['/var/lib/registry'] },
  }),
}

const withLibraries = (entries: readonly Entry[]): readonly Entry[] => [...entries, ...libraries(entries)]
const script = (path: string, name: string): Entry => file(path, join(import.meta.dirname, 'files', name), 0o755)

/** The package `node` brings the binary for this machine. */
const nodeFolder = (): string => {
  const at = dirname(createRequire(import.meta.url).resolve('node/package.json'))
  if (!existsSync(join(at, 'bin/node'))) throw new Error('node_modules/node has no binary: npm ci')
  return at
}
