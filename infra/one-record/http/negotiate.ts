import { ApiError, TITLES } from './api-error.ts'

/** Versions of the API, the highest first. */
export const API_VERSIONS = ['2.3.0', '2.2.0'] as const

const ACCEPTED = new Set(['application/ld+json', 'application/json', 'application/*', '*/*'])

/**
 * Content-Type of the answer: JSON-LD in the version that `Accept` asks for. No version or an unknown one gets the highest, since
 * old clients ask for versions that never were. Null: the client takes nothing that can be had here.
 */
export const contentType = (accept: string | undefined): string | null => {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/ld+json') return `application/ld+json; version=${API_VERSIONS[0]}`
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
  const range = ranges.find(([type = '']) => ACCEPTED.has(type))
  if (!range) return null
  const asked = range.find((parameter) => parameter.startsWith('version='))?.slice(8).replaceAll('"', '')
  return `application/ld+json; version=${API_VERSIONS.find((version) => version === asked) ?? API_VERSIONS[0]}`
}

/** @throws ApiError 415, the standard's answer here, when nothing of `Accept` can be had */
export const checkAccept = (accept: string | undefined): void => {
  if (contentType(accept) === null) throw new ApiError(415, TITLES.mediaType, `Accept ${accept}: only application/ld+json can be had here.`)
}
