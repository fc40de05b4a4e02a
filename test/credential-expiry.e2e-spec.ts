import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, replaceFile } from './support/client-keys.js';
import { startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, startParlour, until } from './support/parlour.js';
import { turnClock } from './support/scene.js';

const ISSUER = 'https://as.example.org';
const DAY = 86_400;
const GAUGE = 'parlour_credential_expiry_timestamp_seconds';

let parlour: Parlour | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await parlour?.close();
});

/** Seconds since the epoch, this long from now. */
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

async function startWithKeys(more: Record<string, string>, ...ends: (number | undefined)[]): Promise<string> {
  const keys = await Promise.all(
    ends.map((exp, index) => privateJwk('ES256', { kid: `key-${index}`, ...(exp !== undefined && { exp }) })),
  );
  const file = jwksFile(...keys);
  parlour = await startParlour(ISSUER, {
    CLIENT_AUTH_METHOD: 'private_key_jwt',
    CLIENT_SECRET: '',
    CLIENT_JWKS_FILE: file,
    ...more,
  });
  return file;
}

async function startWithCertificate(notAfter: Date, more: Record<string, string> = {}): Promise<void> {
  const files = certificateFiles();
  (await selfSignedClient({ notAfter })).write(files);
  parlour = await startParlour(ISSUER, {
    CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth',
    CLIENT_SECRET: '',
    ...files,
    ...more,
  });
}

const said = (event: string) => parlour?.events(event) ?? [];

async function gauge(): Promise<Record<string, number>> {
  const text = await (await fetch(`${parlour?.managementUrl}/metrics`)).text();
  const lines = text.split('\n').filter(line => line.startsWith(`${GAUGE}{`));
  return Object.fromEntries(
    lines.map(line => [/credential="([^"]*)"/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]),
  );
}

describe('a certificate', () => {
  it('C8: near its end is warned of at start, and once more each day', async () => {
    const notAfter = new Date(inSeconds(29 * DAY) * 1000);
    const far = inSeconds(400 * DAY);
    const keys = jwksFile(await privateJwk('ES256'));
    await startWithCertificate(notAfter, { CLIENT_JWKS_FILE: keys });
    const warning = {
      level: 'warn',
      frontend: 'default',
      credential: 'client_certificate',
      expiresAt: notAfter.toISOString(),
    };
    expect(said('credential_expiring')).toEqual([expect.objectContaining(warning)]);
    turnClock(DAY - 600);
    // it has looked again when it knows another key
    replaceFile(keys, JSON.stringify({ keys: [await privateJwk('ES256', { kid: 'new', exp: far })] }));
    await until('it has looked again', async () => (await gauge())['client_jwks:new']);
    expect(said('credential_expiring')).toHaveLength(1);
    turnClock(1200);
    await until('it is warned of again', () => said('credential_expiring').length === 2);
  });

  it('C8: far from its end is warned of by nobody, and the metric says when it ends', async () => {
    const notAfter = inSeconds(31 * DAY);
    await startWithCertificate(new Date(notAfter * 1000));
    expect(said('credential_expiring')).toEqual([]);
    expect(await gauge()).toEqual({ client_certificate: notAfter });
  });

  it('C8: that has ended is an error in the log', async () => {
    await startWithCertificate(new Date(inSeconds(-DAY) * 1000));
    expect(said('credential_expired')).toEqual([
      expect.objectContaining({ level: 'error', credential: 'client_certificate' }),
    ]);
    expect(said('credential_expiring')).toEqual([]);
  });
});

describe('a client key', () => {
  it('C8: is warned of by its kid where it says when it ends, in the time that CREDENTIAL_WARNING gives', async () => {
    await startWithKeys({ CREDENTIAL_WARNING: '600' }, inSeconds(300), inSeconds(6000), undefined);
    expect(said('credential_expiring').map(({ credential }) => credential)).toEqual(['client_jwks:key-0']);
    turnClock(310);
    await until('it has ended', () => said('credential_expired').length === 1);
    expect(said('credential_expired')[0]).toMatchObject({ level: 'error', credential: 'client_jwks:key-0' });
  });

  it('C8: that has ended is still tried: the server decides', async () => {
    const hostile = await startHostileAuthorizationServer();
    await startWithKeys({ ISSUER: hostile.issuer }, inSeconds(-60));
    await new HttpBrowser().navigate(`${parlour?.url}/login`, { follow: false });
    expect(hostile.to('par').map(({ params }) => params.has('client_assertion'))).toEqual([true]);
    await hostile.close();
  });

  it('C8: leaves the metric when it leaves the file', async () => {
    const [first, second] = [inSeconds(40 * DAY), inSeconds(50 * DAY)];
    const file = await startWithKeys({}, first, second);
    expect(await gauge()).toEqual({ 'client_jwks:key-0': first, 'client_jwks:key-1': second });
    replaceFile(file, JSON.stringify({ keys: [await privateJwk('ES256', { kid: 'key-2' })] }));
    await until('the file is read', async () => Object.keys(await gauge()).length === 0);
  });
});
