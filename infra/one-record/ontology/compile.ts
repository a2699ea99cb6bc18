/**
 * Compiles ONE Record ontologies (Turtle) into the table of ontology.ts:
 *   node infra/one-record/ontology/compile.ts IATA-1R-DM-Ontology.ttl ONE-Record-API-Ontology.ttl > infra/one-record/ontology/table.json
 */
import { readFileSync } from 'node:fs'
import { API, CARGO } from '../namespaces.ts'
import type { Table } from './ontology.ts'
import { readTurtle, type Triple } from './turtle.ts'

const OWL = 'http://www.w3.org/2002/07/owl#'
const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
const SUBCLASS_OF = 'http://www.w3.org/2000/01/rdf-schema#subClassOf'

const short = (iri: string): string => (iri.startsWith(CARGO) ? `c:${iri.slice(CARGO.length)}` : iri.startsWith(API) ? `a:${iri.slice(API.length)}` : '')

/** Classes with their direct superclasses and properties by kind, of the cargo and api namespaces only, sorted. */
export const compile = (triples: readonly Triple[]): Table => {
  const declared = (kind: string) => triples.filter(([, p, o]) => p === TYPE && o === OWL + kind).map(([s]) => short(s)).filter(Boolean).toSorted()
  const superclasses = Object.groupBy(triples.filter(([s, p, o]) => p === SUBCLASS_OF && short(s) && short(o)), ([s]) => short(s))
  return {
    classes: Object.fromEntries(declared('Class').map((name) => [name, (superclasses[name] ?? []).map(([, , o]) => short(o)).join(' ')])),
    links: declared('ObjectProperty').join(' '),
    literals: declared('DatatypeProperty').join(' '),
  }
}

if (import.meta.main) {
  const triples = process.argv.slice(2).flatMap((file) => readTurtle(readFileSync(file, 'utf8')))
  process.stdout.write(`${JSON.stringify(compile(triples), null, 1)}\n`)
}
