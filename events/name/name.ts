import { failure } from '../errors.ts'

/** Names that are the platform's own, or that would look like it. */
const RESERVED: ReadonlySet<string> = new Set([
  'admin', 'administrator', 'api', 'app', 'auth', 'blog', 'cdn', 'console', 'dashboard', 'dns', 'docs', 'edge', 'ftp', 'function',
  'functions', 'gateway', 'health', 'help', 'iata', 'imap', 'internal', 'localhost', 'login', 'mail', 'metrics', 'minio', 'nats', 'ns',
  'ns1', 'ns2', 'platform', 'play', 'playground', 'pop', 'postgres', 'registry', 'root', 'security', 'smtp', 'ssl', 'static', 'status',
  'support', 'system', 'test', 'webmail', 'wpad', 'ww', 'www',
])

/**
 * A name is one DNS label (RFC 1035, RFC 5891 section 4.2.3.1 for the hyphens): 1 to 63 of a-z, 0-9 and `-`, neither
 * first nor last a hyphen. @throws NAME_INVALID, NAME_RESERVED
 */
export const parseName = (name: string): string => {
  const invalid = (reason: string) => failure('NAME_INVALID', { field: 'name', name: name.slice(0, 80), reason })
  if (name.length === 0) throw invalid('it is empty')
  if (name.length > 63) throw invalid(`it has ${name.length} characters, a DNS label at most 63`)
  if (!/^[a-z0-9-]+$/.test(name)) throw invalid('use a-z, 0-9 and - only')
  if (name.startsWith('-') || name.endsWith('-')) throw invalid('it must begin and end with a letter or digit')
  if (name.slice(2, 4) === '--') throw invalid('hyphens in places 3 and 4 are for internationalised names')
  if (RESERVED.has(name)) throw failure('NAME_RESERVED', { field: 'name', name })
  return name
}
