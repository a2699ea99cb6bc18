import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { sourcesOf } from './dev.ts'

it('finds the files a part loads, however deep, and no others', () => {
  const sources = sourcesOf([resolve('infra/local/start.ts')])
  for (const loaded of ['infra/local/start.ts', 'infra/local/processes.ts', 'infra/config.ts']) expect(sources).toContain(resolve(loaded))
  expect(sources).not.toContain(resolve('infra/local/playground.ts'))
})
