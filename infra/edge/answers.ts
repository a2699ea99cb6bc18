import { toProblem, type CatalogueError } from '../../events/errors.ts'

/** A name, a media type and a body for each way the edge says no by itself. */
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** Seconds after which a visitor may come again, for what passes by itself. */
const RETRY_AFTER_SECONDS = 5

/** Problem details (RFC 9457), with `Retry-After` (RFC 9110, section 10.2.3) for what passes by itself or says when. */
export const problemAnswer = (error: CatalogueError): Answer => answer(error, 'application/problem+json', JSON.stringify(toProblem(error)))

/** The same for people: one small page. Details are put in as they are; they must be safe in HTML. */
export const pageAnswer = (error: CatalogueError): Answer => {
  const { title, status, detail } = toProblem(error)
  return answer(error, 'text/html; charset=utf-8', page(`${status} ${title}`, `<p>${detail}</p>`))
}

/** The platform's own front page. */
export const frontPage: Answer = {
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: page('ONE Record playground', '<p>Make a server: <code>POST /api/deployments</code> with the operator token and a name. <a href="/api/docs">The API</a>, <a href="/api/events">its events</a>, <a href="/problems">its problems</a>. The README has a first tour.</p>'),
}

function page(heading: string, content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${heading}</title>` +
    `<body style="font:1.1rem/1.5 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem"><h1>${heading}</h1>${content}</body></html>`
}

const answer = (error: CatalogueError, type: string, body: string): Answer => {
  const again = error.details['retryAfterSeconds'] ?? (error.kind === 'transient' ? RETRY_AFTER_SECONDS : undefined)
  return { status: error.status, headers: { 'Content-Type': type, 'Cache-Control': 'no-store', ...(again === undefined ? {} : { 'Retry-After': String(again) }) }, body }
}

const REPLACEMENTS: Readonly<Record<string, string>> = { '<': '(', '>': ')', '&': '+', '"': '\u201d', '\'': '\u2019', '\\': '/' }
const LONGEST = 300

/** Text of an owner or a machine, made safe inside JSON strings and HTML alike: what would need escaping is replaced. */
export const plainText = (text: string): string =>
  text.slice(0, LONGEST).replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[<>&"'\\]/g, (character) => REPLACEMENTS[character] ?? ' ').replace(/\.\s*$/, '').trim()
