import { createHash } from 'node:crypto'
import { html, Html } from './html.ts'
import { STYLE } from './style.ts'

export type Page = { readonly title: string; /** Its own path, of those in the head of the page. */ readonly at: string; readonly contents?: Html; readonly main: Html }

const PAGES = [['/api/docs', 'The API'], ['/api/events', 'Events'], ['/problems', 'Problems'], ['/api/openapi.json', 'OpenAPI'], ['/api/asyncapi.json', 'AsyncAPI']] as const

/** A whole page; self-contained. */
export const page = ({ title, at, contents, main }: Page): string => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} \u2013 ONE Record playground</title>
${STYLED}
<body>
<a class="skip" href="#main">To the content</a>
<header><strong>ONE Record playground</strong>${PAGES.map(([path, name]) => html` <a href="${path}"${path === at ? html` aria-current="page"` : ''}>${name}</a>`)}</header>
<div class="sheet${contents ? ' wide' : ''}">
${contents && html`<nav class="contents" aria-label="On this page"><details open><summary>On this page</summary>${contents}</details></nav>`}
<main id="main"><h1>${title}</h1>${main}</main>
</div>
</body>
</html>`.text

const STYLED = new Html(`<style>${STYLE}</style>`)

/** What a browser may do with our pages: show them, with this very style sheet, and nothing else (CSP, level 3). */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
