import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { CATALOGUE_OF_EVENTS } from '../../events/catalogue.ts'
import { deploymentsContract } from '../../functions/deployments/contract.ts'
import { docsContract } from '../../functions/docs/contract.ts'
import { nodesContract } from '../../functions/nodes/contract.ts'
import { parkedContract } from '../../functions/parked/contract.ts'
import { subscriptionsContract } from '../../functions/subscriptions/contract.ts'
import { systemContract } from '../gateway/contract.ts'
import { readStack } from '../gateway/stack.ts'
import { asyncapi, type Reaction } from '../surfaces/asyncapi/document.ts'
import { openapi } from '../surfaces/openapi/document.ts'
import { problemsMarkdown } from '../surfaces/problems/markdown.ts'
import { problemTypes } from '../surfaces/problems/problem.ts'
import type { Surface } from '../surfaces/surface.ts'
import { openApiOf } from '../one-record/openapi/document.ts'
import { actionRequestsMarkdown } from './action-requests.ts'
import { GOLDEN_FOLDER } from './goldens.ts'

const ROOT = join(import.meta.dirname, '../..')
const DOCS = join(ROOT, 'docs')

/** Everything people can ask, in the order of the document. */
export const SURFACES: readonly Surface[] = [
  ...[deploymentsContract, parkedContract, subscriptionsContract, nodesContract].map((contract) => ({ contract, base: `/api/${contract.name}` })),
  { contract: docsContract, base: '' },
  { contract: systemContract, base: '', server: { url: 'http://127.0.0.1:8082', description: 'The gateway\'s own port (GATEWAY_PORT).' } },
]

/** Files under docs/ that are made from code, and what they should hold. */
export const generatedDocs = (): Readonly<Record<string, string>> => {
  const api = openapi(SURFACES, manifest.version)
  return {
    'openapi.json': pretty(api),
    'one-record-openapi.json': pretty(openApiOf('https://1r.example.com')),
    'asyncapi.json': pretty(asyncapi(CATALOGUE_OF_EVENTS, manifest.version, reactions(), goldenExample)),
    'problems.md': problemsMarkdown(problemTypes(api)),
    'action-requests.md': actionRequestsMarkdown(),
  }
}

/** Those that are not as they should be, a sentence each; written when asked to. */
export const staleDocs = ({ write }: { readonly write: boolean }, folder = DOCS): readonly string[] =>
  Object.entries(generatedDocs()).flatMap(([name, text]) => {
    const file = join(folder, name)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return []
    if (!write) return [`docs/${name} is stale: npm run docs`]
    writeFileSync(file, text)
    return []
  })

const pretty = (document: unknown): string => `${JSON.stringify(document, null, 1)}\n`

const reactions = (): readonly Reaction[] =>
  readStack(join(ROOT, 'stack.yml'), {}).flatMap(({ service, annotations }) => (annotations['events'] === undefined ? [] : [{ name: service, types: annotations['events'].split(',').map((type) => type.trim()) }]))

const goldenExample = (type: string, version: number): unknown => JSON.parse(readFileSync(join(GOLDEN_FOLDER, `${type}.v${version}.json`), 'utf8'))
