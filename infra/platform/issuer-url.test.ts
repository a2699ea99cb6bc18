import { expect, test } from 'vitest'
import { issuerUrls } from './issuer-url.ts'

const allowed = issuerUrls({ DEPLOYMENTS_DOMAIN: 'play.test', OUTBOUND_ALLOW: '127.0.0.1/32,[::1]:9000,idp.internal' })

test.each(['https://idp.example.org/realms/x', 'http://demo.play.test:8080', 'http://127.0.0.1:9000/x', 'http://[::1]:9000', 'http://idp.internal'])('tokens may come from %s', (url) => {
  expect(allowed(url)).toBe(true)
})
test.each(['http://idp.example.org', 'http://play.test', 'http://demo.play.test.example.org', 'http://10.0.0.1', 'http://[::1]:9001'])('not from %s', (url) => {
  expect(allowed(url)).toBe(false)
})
