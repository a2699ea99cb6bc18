/** One style sheet for all pages: light and dark by the reader's choice, a column on a phone, two on a desk; no script anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5a6675;--paper:#fff;--shade:#f4f6f8;--line:#dde3e9;--link:#0b57a4;--get:#0a6b3d;--post:#0b57a4;--patch:#8a5a00;--delete:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ef;--soft:#9dabba;--paper:#12171d;--shade:#1b222b;--line:#2d3743;--link:#7db7f5;--get:#67d39b;--post:#7db7f5;--patch:#e7b95a;--delete:#ff9a90}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;color:var(--ink);background:var(--paper);font:1rem/1.55 system-ui,sans-serif;overflow-wrap:break-word}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem;z-index:2}
header{padding:1rem 1.25rem;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:baseline}
header strong{font-size:1.05rem}header a{padding:.25rem 0}header a[aria-current]{color:inherit;font-weight:600;text-decoration:none}
.sheet{max-width:80rem;margin:0 auto}
main{padding:1rem 1.25rem 5rem;min-width:0}
.contents{padding:.5rem 1.25rem;font-size:.9rem}
.contents ul{list-style:none;margin:0 0 .75rem;padding:0}.contents li a{display:block;padding:.2rem 0;text-decoration:none}
.contents a:hover{text-decoration:underline}
summary{cursor:pointer;padding:.25rem 0}
@media(min-width:60rem){.sheet.wide{display:grid;grid-template-columns:19rem minmax(0,1fr)}
.contents{position:sticky;top:0;height:100vh;overflow-y:auto;border-right:1px solid var(--line);padding:1rem 1.25rem}}
h1{font-size:1.8rem;line-height:1.2;margin:.5rem 0}h2{margin:2.75rem 0 .5rem;font-size:1.4rem;border-bottom:2px solid var(--line);padding-bottom:.25rem}
h3{margin:2rem 0 .25rem;font-size:1.1rem}h4{margin:1.1rem 0 .3rem;font-size:.95rem;color:var(--soft)}
p{margin:.5rem 0;max-width:46rem}
code{font:.875em/1.5 ui-monospace,monospace;background:var(--shade);border-radius:4px;padding:.1em .3em}
pre{background:var(--shade);border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;overflow:auto;max-height:28rem;margin:.5rem 0}pre code{background:none;padding:0}
.path{font:600 .95rem/1.5 ui-monospace,monospace;margin:.25rem 0}
.verb{color:var(--paper);background:var(--post);border-radius:4px;padding:.1em .5em;font:700 .75rem/1.6 ui-monospace,monospace;margin-right:.5rem}
.verb.get{background:var(--get)}.verb.patch,.verb.put{background:var(--patch)}.verb.delete{background:var(--delete)}
dl{margin:.25rem 0 .25rem;border-left:3px solid var(--line);padding-left:.9rem}
dt{margin-top:.45rem}dt code{font-weight:600}dt small,.kind{color:var(--soft);font-size:.85rem}dd{margin:0;color:var(--soft)}dd p{margin:.1rem 0}
ul.plain{list-style:none;padding:0;margin:.3rem 0}ul.plain li{padding:.2rem 0}
.status{font:700 .9rem ui-monospace,monospace;margin-right:.4rem}
article{border-bottom:1px solid var(--line);padding-bottom:1rem}
@media print{.contents,header{display:none}}
`
