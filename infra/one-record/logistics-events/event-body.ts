import { invalidBody } from '../http/api-error.ts'
import { isBlank, linkedFrom, linksOf, renameSubject, type Graph, type Property, type Subject, type Value } from '../json-ld/graph.ts'
import type { Document } from '../json-ld/reader.ts'
import { writeDocument } from '../json-ld/writer.ts'
import { CARGO, XSD } from '../namespaces.ts'
import { reach } from '../objects/split.ts'
import { stableId } from '../objects/stable-id.ts'
import { ancestors } from '../ontology/ontology.ts'

const EVENT = `${CARGO}LogisticsEvent`
const [EVENT_DATE, EVENT_FOR, EVENT_CODE, CREATION_DATE] = ['eventDate', 'eventFor', 'eventCode', 'creationDate'].map((name) => CARGO + name) as [string, string, string, string]

/** An event as it was sent, before it is known for which object. `occurred`: its eventDate, milliseconds. */
export type GivenEvent = {
  readonly root: string
  readonly graph: Graph
  /** Most specific class. */
  readonly type: string
  readonly types: readonly string[]
  readonly occurred: number
  readonly code: string | null
  /** IRIs of the logistics objects it names in eventFor. */
  readonly eventFor: readonly string[]
}

/** Times that sort as text. */
const [EARLIEST, LATEST] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/**
 * Reads the body of POST .../logistics-events: one LogisticsEvent, or of a subclass, with what belongs to it. It has one eventDate.
 * @throws ApiError 400
 */
export const readEvent = ({ graph, roots, hasGraph }: Document): GivenEvent => {
  if (hasGraph) throw invalidBody('A body that makes an event must not contain @graph.')
  const root = rootOf(graph, roots)
  const isEvent = root.types.filter((type) => ancestors(type).has(EVENT))
  const type = isEvent.find((candidate) => isEvent.every((other) => other === candidate || !ancestors(other).has(candidate)))
  if (type === undefined) throw invalidBody('@type must be cargo:LogisticsEvent or a class below it.', { resource: root.id })
  const whole = new Set([root.id, ...reach(root, graph).map(({ id }) => id)])
  const lost = [...graph.keys()].find((id) => !whole.has(id))
  if (lost !== undefined) throw invalidBody('A node of the body is not linked to its logistics event.', { resource: lost })
  const eventFor = linksAt(root, EVENT_FOR)
  for (const object of eventFor) {
    if (isBlank(object)) throw invalidBody('cargo:eventFor must name a logistics object by its @id.', { property: EVENT_FOR })
    if ((graph.get(object)?.properties.size ?? 0) > 0) throw invalidBody('An event says nothing of its logistics object but its @id and @type.', { property: EVENT_FOR, resource: object })
  }
  return { root: root.id, graph, type, types: root.types, occurred: occurredAt(root), code: linksAt(root, EVENT_CODE)[0] ?? null, eventFor }
}

/**
 * The event as it is kept: with its IRI, for one object, its embedded nodes with stable ids. What it says of other logistics objects
 * stays in it: an event makes no objects. `created`: its creationDate, whatever was sent.
 */
export const eventBody = ({ root, graph }: GivenEvent, { iri, object, created }: { readonly iri: string; readonly object: string; readonly created: number }): Buffer => {
  const rename = (id: string): string => (id === root ? iri : isBlank(id) || id.startsWith('internal:') ? stableId(iri, 1, id) : id)
  const own = new Map([...graph.values()].map((subject) => renameSubject(subject, rename)).map((subject) => [subject.id, subject]))
  const event = own.get(iri)
  if (!event) throw new Error(`the event ${root} is not in its graph`)
  const properties = new Map(event.properties)
    .set(CREATION_DATE, one({ kind: 'literal', value: new Date(created).toISOString(), datatype: `${XSD}dateTime`, language: null }))
    .set(EVENT_FOR, one({ kind: 'link', id: object }))
  const dates = properties.get(EVENT_DATE)
  if (dates) properties.set(EVENT_DATE, { ...dates, values: dates.values.map(canonical) })
  return Buffer.from(JSON.stringify(writeDocument(own.set(iri, { ...event, properties }), iri)))
}

/** A time without the zeros at the end of its fraction, as XML Schema 1.1 part 2 (3.3.7.2) writes it and IATA's unit tests want it. */
const canonical = (value: Value): Value =>
  value.kind === 'literal' && typeof value.value === 'string' ? { ...value, value: value.value.replace(/\.(\d*?)0+(?=Z|[+-]|$)/, (_, digits: string) => (digits === '' ? '' : `.${digits}`)) } : value

const one = (value: Value): Property => ({ values: [value], array: false })

const rootOf = (graph: Graph, roots: readonly string[]): Subject => {
  const subjects = roots.flatMap((id) => graph.get(id) ?? [])
  const linked = new Set([...graph.values()].flatMap((subject) => linkedFrom(subject).filter((id) => id !== subject.id)))
  const [root, another] = subjects.length === 1 ? subjects : subjects.filter(({ id }) => !linked.has(id))
  if (!root || another) throw invalidBody('The body must hold one logistics event that all others belong to.')
  return root
}

const linksAt = (subject: Subject, property: string): readonly string[] => {
  const values = subject.properties.get(property)?.values ?? []
  // IATA's own examples send some links as plain strings of type xsd:anyURI
  return values.flatMap((value) => (value.kind === 'literal' && value.datatype === `${XSD}anyURI` ? [String(value.value)] : linksOf(value)))
}

const occurredAt = (event: Subject): number => {
  const about = { property: EVENT_DATE, resource: event.id }
  const [date, another] = event.properties.get(EVENT_DATE)?.values ?? []
  if (!date || another || date.kind !== 'literal') throw invalidBody('A logistics event has one cargo:eventDate.', about)
  const text = String(date.value)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(text)) throw invalidBody(`cargo:eventDate ${JSON.stringify(text)} is no xsd:dateTime.`, about)
  // without a zone it is taken for UTC, the zone of all times here
  const time = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
  if (!(time >= EARLIEST && time <= LATEST)) throw invalidBody(`cargo:eventDate ${JSON.stringify(text)} is not between the years 0000 and 9999.`, about)
  return time
}
