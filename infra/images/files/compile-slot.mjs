// Runs a slot to where it is warm and ends it, while its image is built: what V8 compiled on the way is kept (NODE_COMPILE_CACHE), and
// every slot begins with it. Of use to the same node with the same flags, run by the same user.
import { mkdtempSync } from 'node:fs'

process.env.SLOT_CONTROL = `${mkdtempSync('/tmp/slot-')}/`
process.env.SLOT_HOST = '127.0.0.1'
await import(new URL('main.mjs', import.meta.url).href)
process.exit(0)
