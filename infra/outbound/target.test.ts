import { describe, expect, it } from 'vitest'
import { privateReason } from './address.ts'
import { parseAllow } from './allow.ts'
import { parseTarget, Refused, type Guard } from './target.ts'

const guard = (allow = ''): Guard => ({ allow: parseAllow(allow), ownHosts: ['playground.example', 'play.example', '*.play.example'] })
const reason = (url: string, allow = ''): string | null => {
  try {
    parseTarget(url, guard(allow))
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(Refused)
    return error instanceof Error ? error.message : null
  }
}

describe('an address of a stranger', () => {
  it.each(['https://example.org/hook', 'http://93.184.216.34/', 'https://[2606:4700::6810:84e5]/', 'https://example.org:443/x?y=z', 'https://EXAMPLE.org./'])('may be %s', (url) =>
    expect(reason(url)).toBeNull())

  it.each([
    ['decimal', 'http://2130706433/'], ['octal', 'http://0177.0.0.1/'], ['octal, long', 'http://017700000001/'], ['hex', 'http://0x7f.0.0.1/'], ['hex, one number', 'http://0x7f000001/'],
    ['short', 'http://127.1/'], ['with a dot at its end', 'http://127.0.0.1./'], ['full-width digits', 'http://１２７.０.０.１/'], ['circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['ideographic full stops', 'http://127。0。0。1/'], ['percent-encoded', 'http://%31%32%37.0.0.1/'],
  ])('may not be loopback, %s', (_, url) => expect(reason(url)).toMatch(/127\.0\.0\.1 is not a public address \(loopback\)/))

  it.each([
    ['http://0.0.0.0/', 'unspecified'], ['http://0/', 'unspecified'], ['http://0.1.2.3/', 'unspecified'], ['http://10.1.2.3/', 'private'], ['http://172.16.0.1/', 'private'], ['http://172.31.255.255/', 'private'],
    ['http://192.168.0.1/', 'private'], ['http://169.254.169.254/latest/meta-data/', 'link-local'], ['http://2852039166/', 'link-local'], ['http://100.64.0.1/', 'carrier-grade NAT'],
    ['http://100.100.100.200/', 'carrier-grade NAT'], ['http://168.63.129.16/', 'reserved'], ['http://192.0.0.192/', 'reserved'], ['http://192.0.2.1/', 'reserved'], ['http://198.18.0.1/', 'reserved'],
    ['http://224.0.0.1/', 'multicast'], ['http://240.0.0.1/', 'reserved'], ['http://255.255.255.255/', 'broadcast'],
    ['http://[::]/', 'unspecified'], ['http://[::1]/', 'loopback'], ['http://[0:0:0:0:0:0:0:1]/', 'loopback'], ['http://[::127.0.0.1]/', 'reserved'], ['http://[::7f00:1]/', 'reserved'],
    ['http://[::ffff:127.0.0.1]/', 'IPv4 in IPv6'], ['http://[::ffff:7f00:1]/', 'IPv4 in IPv6'], ['http://[::ffff:0:7f00:1]/', 'IPv4 in IPv6'], ['http://[64:ff9b::7f00:1]/', 'IPv4 in IPv6'],
    ['http://[64:ff9b:1::a00:1]/', 'IPv4 in IPv6'], ['http://[2002:7f00:1::]/', 'IPv4 in IPv6'], ['http://[2001:0:1::1]/', 'IPv4 in IPv6'], ['http://[fe80::1]/', 'link-local'], ['http://[fec0::1]/', 'deprecatedSiteLocal'],
    ['http://[fd00:ec2::254]/', 'private'], ['http://[ff02::1]/', 'multicast'], ['http://[100::1]/', 'discard'], ['http://[2001:db8::1]/', 'reserved'], ['http://[4000::1]/', 'reserved'],
  ])('may not be %s (%s)', (url, why) => expect(reason(url)).toMatch(new RegExp(`is not a public address \\(${why}\\)`)))

  it.each([
    ['http://localhost/', 'not a public name'], ['http://LOCALHOST./', 'not a public name'], ['http://ｌocalhost/', 'not a public name'], ['http://a.localhost/', 'not a public name'],
    ['http://db/', 'not a public name'], ['http://metadata.google.internal/', 'not a public name'], ['http://printer.local/', 'not a public name'], ['http://router.home.arpa/', 'not a public name'],
    ['http://playground.example/', 'not a public name'], ['http://demo.play.example/', 'not a public name'], ['http://play.example./', 'not a public name'],
    ['http://example..org/', 'empty label'], ['http://user@example.org/', 'credentials'], ['http://:secret@example.org/', 'credentials'], ['http://a:b@127.0.0.1/', 'credentials'],
    ['ftp://example.org/', 'neither http nor https'], ['file:///etc/passwd', 'neither http nor https'], ['gopher://example.org/', 'neither http nor https'], ['javascript:alert(1)', 'neither http nor https'],
    ['/hook', 'not an absolute URL'], ['', 'not an absolute URL'], ['http://', 'not an absolute URL'], ['http://[fe80::1%25eth0]/', 'not an absolute URL'], ['http://[::1%lo]/', 'not an absolute URL'],
    ['http://1.2.3.256/', 'not an absolute URL'], ['http://exa mple.org/', 'not an absolute URL'], [`http://example.org/${'x'.repeat(2_000)}`, 'longer than'],
  ])('may not be %s: %s', (url, why) => expect(reason(url)).toContain(why))

  it('is at a port of the web, or one that is configured', () => {
    expect(reason('http://93.184.216.34:22/')).toMatch(/port 22 is not one of 80, 443/)
    expect(reason('http://93.184.216.34:8443/', ':8443')).toBeNull()
  })
})

describe('OUTBOUND_ALLOW', () => {
  it.each([
    ['127.0.0.1/32', 'http://127.0.0.1:9000/', true], ['127.0.0.1/32', 'http://127.0.0.2:9000/', false], ['127.0.0.1:9000', 'http://127.0.0.1:9000/', true], ['127.0.0.1:9000', 'http://127.0.0.1:9001/', false],
    ['127.0.0.0/8:9000', 'http://127.9.9.9:9000/', true], ['[::1]:9000', 'http://[::1]:9000/', true], ['::1', 'http://[::1]:1/', true], ['fd00::/8', 'http://[fd00::5]/', true],
    ['127.0.0.1/32', 'http://localhost/', false], ['localhost', 'http://localhost:1/', true], ['localhost:9000', 'http://localhost:9001/', false],
    ['10.0.0.0/8', 'http://[::ffff:10.0.0.1]/', false], ['*.play.example', 'http://demo.play.example/', true], ['*.play.example', 'http://play.example/', false], ['*.example.internal', 'http://evilexample.internal/', false],
  ])('%s: %s is %s', (allow, url, allowed) => {
    expect(reason(url, allow) === null).toBe(allowed)
  })

  it.each(['10.1', '127.0.0.1/33', 'http://a', ':70000', 'a b', '*', '[::1'])('refuses "%s", naming it', (entry) => expect(() => parseAllow(`example.org,${entry}`)).toThrow(`"${entry}"`))
})

it('what is no address is not public', () => expect([privateReason('example.org'), privateReason('0x7f000001'), privateReason('fe80::1%eth0')]).not.toContain(null))
