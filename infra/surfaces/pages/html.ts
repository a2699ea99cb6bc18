/** Text that is HTML; made by `html` only, so that nothing gets in unescaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
type Part = string | number | Html | readonly Part[] | null | undefined | false

/** A template whose parts are escaped, unless they are HTML themselves. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => new Html(strings.reduce((all, text, index) => all + shown(parts[index - 1]) + text))

const shown = (part: Part): string => {
  if (part === null || part === undefined || part === false) return ''
  if (part instanceof Html) return part.text
  return typeof part === 'object' ? part.map(shown).join('') : escaped(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** Text with `code`, [links](/somewhere) and blank lines between paragraphs, as descriptions have them. */
export const prose = (text: string): Html => html`${text.split('\n\n').map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`

export const inline = (text: string): Html =>
  new Html(escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>').replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, '<a href="$2">$1</a>'))

/** JSON for people, in a block that scrolls by itself and can be reached by keyboard. */
export const json = (value: unknown): Html => html`<pre tabindex="0"><code>${JSON.stringify(value, null, 2)}</code></pre>`
