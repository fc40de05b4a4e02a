import { describe, expect, it } from '@jest/globals';
import { AuthleteOptionsError, type AuthleteSettings, readAuthleteOptions } from '../src/authlete/index.js';

const KEY = 'k3JxW9s-Qm2VbZ7Lr0TfYp5Nc8HdGa1E';
const V3 = { baseUrl: 'https://us.authlete.com', serviceId: '4711', accessToken: 'a-token' };
const V2 = { baseUrl: 'https://api.authlete.com', apiKey: '4711', apiSecret: 'a-secret' };
const GOOD: AuthleteSettings = { issuer: 'https://as.example.org', api: V3, cookieKeys: [KEY] };

/** Each problem as a line; none when the options are fine. */
function problems(input: unknown): string[] {
  try {
    readAuthleteOptions(input);
    return [];
  } catch (error) {
    if (!(error instanceof AuthleteOptionsError)) throw error;
    expect(error.message).toBe(
      `The authorization server’s options have mistakes:\n${lines(error)
        .map(line => `- ${line}`)
        .join('\n')}`,
    );
    return lines(error);
  }
}
const lines = ({ problems: found }: AuthleteOptionsError) => found.map(({ path, text }) => `${path} ${text}`);

const withOptions = (changes: Record<string, unknown>) => problems({ ...GOOD, ...changes });
const withApi = (api: Record<string, unknown>) => problems({ ...GOOD, api });

describe('the options', () => {
  it('E14: get their defaults, and stay as they are when they are read again', () => {
    const options = readAuthleteOptions({ ...GOOD, sessionTimeout: undefined, api: { ...V3, timeout: undefined } });
    expect(options).toEqual({ ...GOOD, api: { ...V3, timeout: 10 }, sessionTimeout: 28_800, bodyLimit: 65_536 });
    expect(readAuthleteOptions(options)).toEqual(options);
  });

  it('E14: tell all their mistakes at once', () => {
    const api = { baseUrl: 'authlete', accessToken: 'a b', timeout: 0, tiemout: 1 };
    const trustedTlsTerminator = { style: 'apache', addresses: ['everybody'] };
    const wrong = {
      issuer: 'as',
      api,
      cookieKeys: [],
      sessionTimeout: '1',
      bodyLimit: 1,
      trustedTlsTerminator,
      isuer: '',
    };
    expect(problems(wrong).toSorted()).toEqual([
      'api.accessToken must be visible ASCII characters',
      'api.baseUrl must be an https URL without a query',
      'api.serviceId is missing: serviceId and accessToken go together',
      'api.tiemout is no option',
      'api.timeout must be a whole number from 1 to 60',
      'bodyLimit must be a whole number from 1024 to 10485760',
      'cookieKeys must be a list with at least one entry',
      'issuer must be an https URL without a query',
      'isuer is no option',
      'sessionTimeout must be a whole number from 1 to 31536000',
      'trustedTlsTerminator.addresses entry 1 must be an IP address or a network, as 10.0.0.0/8',
      'trustedTlsTerminator.style must be one of nginx, rfc9440',
    ]);
  });

  it('E14: have no default for a secret, an address or a credential', () => {
    const missing = [
      'api.accessToken is missing: API v3 needs it, with serviceId; v2 apiKey and apiSecret',
      'api.baseUrl is missing',
    ];
    expect(problems({ api: {} }).toSorted()).toEqual([...missing, 'cookieKeys is missing', 'issuer is missing']);
    expect(problems({}).toSorted()).toEqual(['api is missing', 'cookieKeys is missing', 'issuer is missing']);
    for (const nothing of [undefined, null, [], 'options'])
      expect(problems(nothing)).toEqual(['options must be an object']);
  });

  it('E14: are told of by name alone, never by value', () => {
    const secret = 'sécret of mine';
    const told = problems({
      issuer: secret,
      api: { baseUrl: secret, accessToken: secret, serviceId: secret },
      cookieKeys: [secret],
    });
    expect(told.length).toBeGreaterThanOrEqual(5);
    expect(told.join('\n')).not.toContain(secret);
  });
});

describe('the issuer', () => {
  it.each([
    'https://as.example.org',
    'https://as.example.org:8443',
    'http://127.0.0.1:3011',
    'http://localhost',
    'http://[::1]:1',
    'http://a.localhost',
  ])('E14: %s is one', issuer => {
    expect(withOptions({ issuer })).toEqual([]);
  });

  it.each([
    ['http://as.example.org', 'must be https (http is for loopback only)'],
    ['http://127.0.0.1.example.org', 'must be https (http is for loopback only)'],
    ['http://localhost.example.org', 'must be https (http is for loopback only)'],
    ['http://0.0.0.0', 'must be https (http is for loopback only)'],
    ['https://as.example.org/', 'may not end with a slash'],
    ['https://as.example.org/as', 'must be an origin alone, as https://as.example.org'],
    ['https://AS.example.org', 'must be an origin alone, as https://as.example.org'],
    ['https://as.example.org:443', 'must be an origin alone, as https://as.example.org'],
    ['https://a@as.example.org', 'may not have a user name or password'],
    ['https://as.example.org?x', 'must be an https URL without a query'],
    ['https://as.example.org#x', 'must be an https URL without a query'],
    ['ftp://as.example.org', 'must be an https URL without a query'],
    ['https:/\\as.example.org', 'must be an https URL without a query'],
    ['', 'must be an https URL without a query'],
    [7, 'must be a text'],
    [null, 'must be a text'],
  ])('E14: %j %s', (issuer, problem) => {
    expect(withOptions({ issuer })).toEqual([`issuer ${problem}`]);
  });
});

describe('our credential at Authlete', () => {
  it('E14: is that of v3 or that of v2, whole', () => {
    expect([withApi(V3), withApi(V2)]).toEqual([[], []]);
    expect(withApi({ ...V3, ...V2 })).toEqual(['api.apiKey may not stand beside serviceId or accessToken']);
    expect(withApi({ ...V3, apiKey: 'x' })).toEqual(['api.apiKey may not stand beside serviceId or accessToken']);
    expect(withApi({ baseUrl: V3.baseUrl, serviceId: '1' })).toEqual([
      'api.accessToken is missing: serviceId and accessToken go together',
    ]);
    expect(withApi({ baseUrl: V2.baseUrl, apiKey: '1' })).toEqual([
      'api.apiSecret is missing: apiKey and apiSecret go together',
    ]);
    expect(withApi({ baseUrl: V2.baseUrl, apiSecret: '1' })).toEqual([
      'api.apiKey is missing: apiKey and apiSecret go together',
    ]);
  });

  it('E14: fits where it’s sent: a path, a header, Basic', () => {
    expect(withApi({ ...V3, serviceId: '../admin' })).toEqual(['api.serviceId must be the number of the service']);
    expect(withApi({ ...V3, accessToken: 'a\r\nb' })).toEqual(['api.accessToken must be visible ASCII characters']);
    expect(withApi({ ...V2, apiKey: '47:11' })).toEqual(['api.apiKey may not have a colon']);
    expect(withApi({ ...V2, apiSecret: '' })).toEqual(['api.apiSecret must be visible ASCII characters']);
  });

  it('E14: goes over plain http to loopback alone', () => {
    expect(withApi({ ...V3, baseUrl: 'http://us.authlete.com' })).toEqual([
      'api.baseUrl must be https (http is for loopback only)',
    ]);
    expect(withApi({ ...V3, baseUrl: 'http://127.0.0.1:3013' })).toEqual([]);
    expect(withApi({ ...V3, baseUrl: 'https://proxy.example/authlete' })).toEqual([]);
  });
});

describe('keys, and whom to trust', () => {
  it('E14: cookie keys are long, random and different', () => {
    expect(withOptions({ cookieKeys: [KEY, `${KEY}x`] })).toEqual([]);
    expect(withOptions({ cookieKeys: [KEY, KEY] })).toEqual(['cookieKeys names something twice']);
    expect(withOptions({ cookieKeys: [KEY, KEY.slice(1)] })).toEqual([
      'cookieKeys entry 2 must have 32 characters or more',
    ]);
    expect(withOptions({ cookieKeys: ['ab'.repeat(20)] })).toEqual(['cookieKeys entry 1 is weak: it must be random']);
    expect(withOptions({ cookieKeys: KEY })).toEqual(['cookieKeys must be a list with at least one entry']);
  });

  it.each([
    ['loopback', 'must be'],
    ['uniquelocal', 'must be'],
    ['linklocal', 'must be'],
    ['10.0.0.0/255.0.0.0', 'must be'],
    ['10.0.0.0/7', 'is too wide: a network has /8'],
    ['fd00::/31', 'is too wide: a network has /32'],
    ['::ffff:10.0.0.0/103', 'is too wide: a network has /104'],
    ['::ffff:0:0/96', 'is too wide: a network has /104'],
  ])('E14: plain http is for the named terminator alone, and %s is no terminator', (address, text) => {
    expect(withOptions({ trustedTlsTerminator: { style: 'nginx', addresses: [address] } })).toEqual([
      expect.stringContaining(`trustedTlsTerminator.addresses entry 1 ${text}`),
    ]);
  });

  it('E3, E14: a terminator has a style and addresses', () => {
    const terminator = (style: unknown, ...addresses: unknown[]) =>
      withOptions({ trustedTlsTerminator: { style, addresses } });
    expect(terminator('nginx', '127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/32', '::ffff:10.0.0.0/104')).toEqual([]);
    expect(terminator('rfc9440', '192.0.2.1')).toEqual([]);
    expect(terminator('nginx')).toEqual(['trustedTlsTerminator.addresses must be a list with at least one entry']);
    expect(withOptions({ trustedTlsTerminator: 'nginx 127.0.0.1' })).toEqual([
      'trustedTlsTerminator must be an object',
    ]);
    expect(withOptions({ trustedTlsTerminator: null })).toEqual(['trustedTlsTerminator must be an object']);
  });
});
