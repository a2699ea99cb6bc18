import { XSD } from '../namespaces.ts'
import type { Literal } from './graph.ts'

const INTEGERS = new Set(['integer', 'positiveInteger', 'nonNegativeInteger', 'negativeInteger', 'nonPositiveInteger', 'long', 'int', 'short', 'byte', 'unsignedLong', 'unsignedInt', 'unsignedShort', 'unsignedByte'])
const INTEGER = /^[+-]?\d+$/
const DOUBLE = /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)$/
const DATE_TIME = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/

/** Lexical forms (XML Schema 1.1 part 2) of the datatypes that ONE Record uses; other datatypes are not looked into. */
const FORMS: Readonly<Record<string, (text: string) => boolean>> = {
  boolean: (text) => /^(true|false|1|0)$/.test(text),
  decimal: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text),
  double: (text) => DOUBLE.test(text),
  float: (text) => DOUBLE.test(text),
  date: (text) => /^-?\d{4,}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text.slice(0, 10))),
  dateTime: (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  dateTimeStamp: (text) => DATE_TIME.test(text) && /(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  time: (text) => /^\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(text),
  positiveInteger: (text) => INTEGER.test(text) && BigInt(text.replace('+', '')) > 0n,
  nonNegativeInteger: (text) => INTEGER.test(text) && BigInt(text.replace('+', '')) >= 0n,
}
/** False when the text is no value of the datatype. */
export const isLexical = (text: string, datatype: string): boolean => {
  if (!datatype.startsWith(XSD)) return true
  const name = datatype.slice(XSD.length)
  const form = FORMS[name] ?? (INTEGERS.has(name) ? (value: string) => INTEGER.test(value) : undefined)
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
  if (INTEGERS.has(name) || name === 'decimal' || name === 'double' || name === 'float') return 'number'
  // IATA's own examples send plain strings for xsd:anyURI
  return name === 'anyURI' ? 'string' : name
}

const decimalDigits = (text: string): string => {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)0*(\d*)\.?(\d*?)0*$/.exec(text) ?? []
  return `${sign === '-' && (whole || fraction) ? '-' : ''}${whole || '0'}.${fraction}`
}

/**
 * Equal for literals of the same value, whatever their lexical form: `"20"`, 20 and `"20.0"^^xsd:double` (ONE Record compares
 * doubles by value), `true` and `"1"^^xsd:boolean`, one instant in two time zones. Digits beyond a double's still count.
 */
export const literalKey = (literal: Literal): string => {
  const kind = family(datatypeOf(literal))
  const text = String(literal.value)
  if (kind === 'number') return `number ${/[eEN]/.test(text) ? (Number.isFinite(Number(text)) ? decimalDigits(plainDigits(text)) : text) : decimalDigits(text)}`
  if (kind === 'boolean') return `boolean ${text === '1' || text === 'true'}`
  if (kind === 'dateTime' && /Z|[+-]\d\d:\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return `dateTime ${instant(text)}`
  return `${kind} ${text}@${literal.language?.toLowerCase() ?? ''}`
}

/** Milliseconds of the instant, then what the text says beyond them. */
const instant = (text: string): string => `${Date.parse(text)} ${/\.\d{3}(\d*?)0*(Z|[+-])/.exec(text)?.[1] ?? ''}`

/** 1.5e3 as 1500: the exponent is bounded by what a double holds. */
const plainDigits = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length ? `${sign}${digits}${'0'.repeat(point - digits.length)}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
