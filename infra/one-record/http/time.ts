import { invalidQuery } from './api-error.ts'

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Reads a time of a query, `YYYYMMDDThhmmssZ`, as milliseconds of its second's begin. @throws ApiError 400 */
export const readTime = (name: string, text: string): number => {
  const iso = text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z')
  const time = iso === text ? Number.NaN : Date.parse(iso)
  // a date like 31 February would be moved on
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== iso.slice(0, 19)) throw invalidQuery(`${name} must be a UTC time as YYYYMMDDThhmmssZ, not ${JSON.stringify(text)}.`)
  return time
}

/** Value of Last-Modified (RFC 9110, section 5.6.7). */
export const httpDate = (at: number): string => new Date(at).toUTCString()
