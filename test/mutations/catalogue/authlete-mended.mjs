const at = name => `src/authlete/${name}.ts`;
const strangers = 'test/authlete-server-strangers.e2e-spec.ts';
const away = 'test/authlete-endpoints-away.e2e-spec.ts';
const options = 'test/authlete.options.spec.ts';
const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });

export default [
  entry(
    'E3',
    'the server trusts no authority, or it would have no chain',
    at('server'),
    '...CLIENT_CERTIFICATES,',
    'requestCert: true, rejectUnauthorized: false,',
    strangers,
  ),
  entry(
    'E14',
    'plain http is for the terminator',
    at('edge.middleware'),
    'if (this.isInTheClear(request)) {',
    'if (this.isInTheClear(request) && request.socket.destroyed) {',
    strangers,
  ),
  entry(
    'E14',
    'whoever comes over TLS needs no terminator',
    at('edge.middleware'),
    '!(request.socket instanceof TLSSocket) && ',
    '',
    strangers,
  ),
  entry('E14', 'a terminator is no half of the world', at('network'), 'Number(bits) >= widest', 'true', options),
  entry(
    'E14',
    'IPv4 in IPv6 is as narrow',
    at('network'),
    'isMapped(ip, 0) ? WIDEST.mapped : WIDEST.ipv6',
    'WIDEST.ipv6',
    options,
  ),
  entry('E14', 'a network’s name is no address', at('network'), 'isIP(ip) === 0 || ', '', options),
  entry(
    'E1',
    'a host that can’t be asked is away for a moment',
    at('endpoint-error'),
    'thrown instanceof HostFailure || ',
    '',
    away,
  ),
  entry(
    'E1',
    'userinfo asks the accounts as a host’s',
    at('endpoints/userinfo.controller'),
    "askHost('accounts', () => this.accounts.find(subject))",
    'this.accounts.find(subject)',
    away,
  ),
  entry(
    'E1',
    'a store may throw at once',
    at('interaction/session.middleware'),
    '      lost(cause);\n',
    '      throw cause;\n',
    away,
  ),
  entry(
    'E12',
    'of a host’s error its class is told, not its words',
    at('host-failure'),
    '[this.message, kind,',
    '[this.message, String(this.cause),',
    away,
  ),
  entry('E12', 'a message is told up to a secret', at('redact'), "'$1 …'", "'$&'", away),
];
