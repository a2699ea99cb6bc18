import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/*
 * faas-cli lays a function's files over those of function/, so that what its author deleted is there again. Whatever of the sample is
 * as it was, and cannot be meant, is left out: its handler where there is another, its test where the handler is another.
 */
const SAMPLE = JSON.parse(readFileSync('sample.json', 'utf8'))
const file = (name) => join('function', name)
const isSample = (name) => existsSync(file(name)) && createHash('sha256').update(readFileSync(file(name))).digest('hex') === SAMPLE[name]
const leaveOut = (name) => {
  if (!isSample(name)) return
  rmSync(file(name))
  process.stdout.write(`left out: ${name} of the sample\n`)
}

const { main = '' } = existsSync(file('package.json')) ? JSON.parse(readFileSync(file('package.json'), 'utf8')) : {}
const isOther = ['handler.js', 'handler.mjs', 'handler.cjs', 'handler.mts'].some((name) => existsSync(file(name))) || !['', 'handler.ts', './handler.ts'].includes(main)
if (isOther) leaveOut('handler.ts')
if (!isSample('handler.ts')) leaveOut('handler.test.ts')
