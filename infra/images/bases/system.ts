import { existsSync } from 'node:fs'
import { file, folder, link, text, type Entry } from './layer.ts'
import { certificates, libraries, programs, tree } from './machine.ts'

const PROGRAMS = [
  'sh', 'bash', 'dash', '[', 'awk', 'base64', 'basename', 'cat', 'chgrp', 'chmod', 'chown', 'cmp', 'comm', 'cp', 'cut', 'date', 'dd', 'df', 'diff', 'dirname', 'du', 'echo', 'egrep', 'env', 'expr', 'false',
  'find', 'getent', 'grep', 'groupadd', 'gunzip', 'gzip', 'head', 'hostname', 'id', 'install', 'ldconfig', 'ln', 'ls', 'md5sum', 'mkdir', 'mkfifo', 'mktemp', 'mv', 'nl', 'nohup', 'nproc', 'od', 'paste',
  'printenv', 'printf', 'pwd', 'readlink', 'realpath', 'rm', 'rmdir', 'sed', 'seq', 'setpriv', 'sha256sum', 'sleep', 'sort', 'split', 'stat', 'sync', 'tail', 'tar', 'tee', 'test', 'timeout', 'touch', 'tr', 'true',
  'truncate', 'tty', 'uname', 'uniq', 'useradd', 'usermod', 'wc', 'which', 'whoami', 'xargs', 'yes',
] as const

/** Names that programs of C++ and resolvers look for by themselves. */
const ALWAYS = ['libstdc++.so.6', 'libgcc_s.so.1', 'libresolv.so.2', 'libnss_files.so.2', 'libnss_dns.so.2'] as const

const FILES = ['/etc/debian_version', '/usr/lib/os-release', '/etc/login.defs', '/etc/default/useradd', '/etc/protocols', '/etc/services'] as const

/** C.UTF-8, which comes with the C library. */
const LOCALE = '/usr/lib/locale/C.utf8'

/** Whom the official images run as, by number: who copies a file in an image names them. */
const USERS = [['root', 0, '/root', '/bin/sh'], ['haproxy', 99, '/var/lib/haproxy', '/usr/sbin/nologin'], ['postgres', 999, '/var/lib/postgresql', '/bin/sh'], ['node', 1000, '/home/node', '/bin/sh'], ['nobody', 65534, '/nonexistent', '/usr/sbin/nologin']] as const

/** What `debian:bookworm-slim` is to the official images: one layer of a shell, small programs, their libraries, users and certificates. */
export const systemLayer = (): readonly Entry[] => {
  const found = programs(PROGRAMS)
  const multiarch = `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch}-linux-gnu`
  return [
    ...['usr', 'usr/bin', 'usr/sbin', 'usr/lib', 'usr/local', 'usr/local/bin', 'usr/local/sbin', 'usr/local/lib', 'etc', 'etc/ssl', 'etc/ssl/certs', 'etc/default', 'var', 'var/lib', 'var/log', 'var/cache', 'home', 'opt', 'mnt', 'srv', 'run', 'proc', 'sys', 'dev'].map((path) => folder(path)),
    folder('root', 0o700), folder('tmp', 0o1777), folder('var/tmp', 0o1777), folder('home/node', 0o755, 1000),
    link('bin', 'usr/bin'), link('sbin', 'usr/sbin'), link('lib', 'usr/lib'), link('lib64', 'usr/lib64'), link('var/run', '/run'), link('etc/os-release', '../usr/lib/os-release'),
    ...found,
    ...libraries(found, ALWAYS.map((name) => `${multiarch}/${name}`).filter(existsSync)),
    ...(existsSync(LOCALE) ? [folder('usr/lib/locale'), folder(LOCALE.slice(1)), ...tree(LOCALE, LOCALE.slice(1))] : []),
    ...FILES.filter(existsSync).map((path) => file(path.slice(1), path)),
    text('etc/passwd', USERS.map(([name, id, home, shell]) => `${name}:x:${id}:${id}::${home}:${shell}\n`).join('')),
    text('etc/group', USERS.map(([name, id]) => `${name === 'nobody' ? 'nogroup' : name}:x:${id}:\n`).join('')),
    text('etc/shadow', USERS.map(([name]) => `${name}:*:19000:0:99999:7:::\n`).join(''), 0o600),
    text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n'),
    text('etc/ssl/certs/ca-certificates.crt', certificates()),
  ]
}
