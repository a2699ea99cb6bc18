import { afterAll, expect, test } from 'vitest'
import { restReading } from '../json-ld/read.ts'
import { example } from '../testing/examples.ts'
import { compareWithJsonLd } from './differential.ts'
import { fuzzDifferential, fuzzReader } from './readers.ts'
import { textOf } from './report.ts'

afterAll(restReading)

test('whatever is read is taken and can be read again, or is refused', async () => {
  const part = await fuzzReader(3_000, 1)
  expect(part.findings).toEqual([])
  expect(part.cases).toBeGreaterThanOrEqual(3_000)
})

test('what we read and write is the dataset that jsonld reads', async () => {
  const part = await fuzzDifferential(600, 1)
  process.stdout.write(`${textOf([part])}\n`)
  expect(part.findings).toEqual([])
  expect(part.counts['same']).toBeGreaterThan(200)
})

test.each(['Piece', 'Shipment_with_Piece', 'Sensor.expanded', 'Sensor.compacted', 'Company', 'Change_example1', 'Change_example2', 'LogisticsEvent', 'MultipleEvents_example1'])('%s too', async (name) => {
  expect(await compareWithJsonLd(example(name))).toEqual({ kind: 'same' })
})

test('what jsonld would read without something is refused', async () => {
  expect(await compareWithJsonLd({ '@id': 'relative', 'http://v.test/a': 1 })).toEqual({ kind: 'refused' })
})
