import { XSD } from '../namespaces.ts'
import type { Literal } from './graph.ts'

const INTEGERS = new Set(['integer', 'positiveInteger', 'nonNegativeInteger', 'negativeInteger', 'nonPositiveInteger', 'long', 'int', 'short', 'byte', 'unsignedLong', 'unsignedInt', 'unsignedShort', 'unsignedByte'])
const NUMBERS = new Set([...INTEGERS, 'decimal', 'double', 'float'])
const INTEGER = /^[+-]?\d+$/
const DOUBLE = /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)$/
const ZONE = /(Z|[+-]\d\d:\d\d)$/
const DATE_TIME = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/

/** False for a day that no month has; years beyond four digits are believed. */
const isDay = (text: string): boolean => {
  if (!/^\d{4}-/.test(text)) return true
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10))
}
const dateTime = (text: string): boolean => DATE_TIME.test(text) && isDay(text) && (!/^\d{4}-/.test(text) || !Number.isNaN(Date.parse(text)))

/** Lexical forms (XML Schema 1.1 part 2) of the datatypes that ONE Record uses; other datatypes are not looked into. */
const FORMS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ...[...INTEGERS].map((name) => [name, (text: string) => INTEGER.test(text)] as const),
  ['positiveInteger', (text: string) => /^\+?0*[1-9]\d*$/.test(text)],
  ['nonNegativeInteger', (text: string) => /^(\+?\d+|-0+)$/.test(text)],
  ['boolean', (text: string) => /^(true|false|1|0)$/.test(text)],
  ['decimal', (text: string) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text)],
  ['double', (text: string) => DOUBLE.test(text)],
  ['float', (text: string) => DOUBLE.test(text)],
  ['date', (text: string) => /^-?\d{4,}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?$/.test(text) && isDay(text)],
  ['dateTime', dateTime],
  ['dateTimeStamp', (text: string) => dateTime(text) && ZONE.test(text)],
  ['time', (text: string) => /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$|^24:00:00(\.0+)?(Z|[+-]\d\d:\d\d)?$/.test(text)],
  ['duration', (text: string) => /^-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/.test(text)],
  // anything is an xsd:anyURI; what no IRI may have (RFC 3987) leads nowhere
  ['anyURI', (text: string) => !/[\s<>"{}|\\^`]/.test(text.trim())],
])

/** True for the local name of a numeric datatype of XML Schema. */
export const isNumeric = (name: string): boolean => NUMBERS.has(name)

/** False when the text is no value of the datatype. */
export const isLexical = (text: string, datatype: string): boolean => {
  const form = datatype.startsWith(XSD) ? FORMS.get(datatype.slice(XSD.length)) : undefined
  return form === undefined || form(text)
}

/** Datatype of a literal in RDF terms: native numbers and booleans have theirs by JSON-LD 1.1 API, section 8.2. */
export const datatypeOf = ({ value, datatype }: Literal): string => {
  if (datatype !== null) return datatype
  if (typeof value === 'boolean') return `${XSD}boolean`
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${XSD}integer` : `${XSD}double`
  return `${XSD}string`
}

const family = (datatype: string): string => {
  const name = datatype.startsWith(XSD) ? datatype.slice(XSD.length) : datatype
  if (isNumeric(name)) return 'number'
  // IATA's own examples send plain strings for xsd:anyURI
  return name === 'anyURI' ? 'string' : name
}

// loops, not patterns: a pattern over a million zeros would take for ever
const withoutLeadingZeros = (digits: string): string => {
  let start = 0
  while (digits[start] === '0') start += 1
  return digits.slice(start)
}
const withoutTrailingZeros = (digits: string): string => {
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}

/** The exact value of a decimal or double: its digits, and the power of ten of the last of them. */
const numberKey = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = withoutLeadingZeros(whole + fraction)
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return /\d/.test(text) ? '0' : text
  return `${sign === '-' ? '-' : ''}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/**
 * Equal for literals of the same value, whatever their lexical form: `"20"`, 20 and `"20.0"^^xsd:double` (ONE Record compares
 * doubles by value), `true` and `"1"^^xsd:boolean`, one instant in two time zones. Digits beyond a double's still count.
 */
export const literalKey = (literal: Literal): string => {
  const kind = family(datatypeOf(literal))
  const text = String(literal.value)
  if (kind === 'number') return `number ${numberKey(text)}`
  if (kind === 'boolean') return `boolean ${text === '1' || text === 'true'}`
  if (kind === 'dateTime' && ZONE.test(text) && !Number.isNaN(Date.parse(text))) return `dateTime ${instant(text)}`
  return `${kind} ${text}@${literal.language?.toLowerCase() ?? ''}`
}

/** Milliseconds of the instant, then the digits that it has beyond them. */
const instant = (text: string): string => `${Date.parse(text)} ${withoutTrailingZeros((/\.(\d+)/.exec(text)?.[1] ?? '').slice(3))}`
