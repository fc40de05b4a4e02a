import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientMetadata } from 'oidc-provider';
import { certificateFiles, clientAuthority, type Issued, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf, replaceFile } from './support/client-keys.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import { type Proxy, startProxy } from './support/outbound-servers.js';
import { temporaryDirectory, until } from './support/parlour.js';
import { isLoggedIn, turnClock } from './support/scene.js';

/** Where the proxy finds whom it's asked for. */
const addresses: Record<string, number> = {};
let proxy: Proxy;
let pair: FapiPair | undefined;
beforeAll(async () => {
  proxy = await startProxy(addresses);
});
afterAll(() => proxy.close());
afterEach(async () => {
  jest.useRealTimers();
  await pair?.close();
  pair = undefined;
});

/** Logins side by side, one after another, for as long as `during` takes; how many there were, and those that failed. */
async function underLoad({ logIn, browser, parlour }: FapiPair, during: () => Promise<unknown>) {
  const over = new AbortController();
  let succeeded = 0;
  const failed: unknown[] = [];
  const worker = async () => {
    while (!over.signal.aborted) {
      const one = browser();
      const end = await logIn(one).catch((error: unknown) => ({ url: String(error) }));
      if (await isLoggedIn(one, parlour)) succeeded += 1;
      else failed.push(end.url);
    }
  };
  const workers = [worker(), worker(), worker()];
  await during();
  over.abort();
  await Promise.all(workers);
  return { succeeded, failed };
}

const registered = (keys: object[]): Partial<ClientMetadata> => ({ jwks: { keys } });

describe('while people log in', () => {
  it('C4, C7: client keys change without a restart, and no login fails', async () => {
    const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('ES256')]);
    const file = jwksFile(first);
    pair = await startFapiPair(
      { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_SECRET: '', CLIENT_JWKS_FILE: file },
      { client: { token_endpoint_auth_method: 'private_key_jwt', ...registered([first, second].map(publicHalf)) } },
    );
    const { server } = pair;
    const signedBy = (kid = '') =>
      server.to('token').some(({ params }) => kidOf(params.get('client_assertion')) === kid);
    const { failed, succeeded } = await underLoad(pair, async () => {
      await until('the first signs', () => signedBy(first.kid));
      replaceFile(file, JSON.stringify({ keys: [second] }));
      await until('the second signs', () => signedBy(second.kid));
    });
    expect(failed).toEqual([]);
    expect(succeeded).toBeGreaterThan(2);
    expect(server.requests.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it.each([
    ['directly', false],
    ['through a proxy', true],
  ])('C6, C7: a certificate and its key change without a restart, and no login fails: %s', async (_how, proxied) => {
    const authority = await clientAuthority();
    const dns = 'parlour.example.org';
    const [first, second] = await Promise.all([authority.issue(dns), authority.issue(dns)]);
    const files = certificateFiles();
    first.write(files);
    pair = await startFapiPair(
      {
        CLIENT_AUTH_METHOD: 'tls_client_auth',
        CLIENT_SECRET: '',
        ...files,
        ...(proxied && { HTTPS_PROXY: proxy.url }),
      },
      {
        aliases: false,
        client: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: dns },
        clientCa: authority.root,
      },
    );
    const { server } = pair;
    addresses['127.0.0.1'] = Number(new URL(server.issuer).port);
    const shown = ({ thumbprint }: Issued) => server.to('token').some(({ certificate }) => certificate === thumbprint);
    const { failed, succeeded } = await underLoad(pair, async () => {
      await until('the first is shown', () => shown(first));
      // one after the other, as most tools do it: for a moment they don't fit
      second.write(files);
      await until('the second is shown', () => shown(second));
    });
    expect(failed).toEqual([]);
    expect(succeeded).toBeGreaterThan(2);
    expect(server.requests.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it('C7: the certificate authorities that are trusted change, and no login fails', async () => {
    const key = await privateJwk('ES256');
    const environment = { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_SECRET: '', CLIENT_JWKS_FILE: jwksFile(key) };
    const client = { token_endpoint_auth_method: 'private_key_jwt' as const, ...registered([publicHalf(key)]) };
    const caFile = join(temporaryDirectory(), 'ca.pem');
    const { cert: other } = await selfSignedClient();
    writeFileSync(caFile, other);
    // a fast machine asks often until the file is read
    const limits = { LOGIN_BURST: '1000000', LOGIN_BURST_TOTAL: '1000000' };
    pair = await startFapiPair({ ...environment, ...limits, CA_FILE: caFile }, { client });
    const { parlour, server, browser, logIn } = pair;
    expect((await browser().navigate(`${parlour.url}/login`)).status).toBe(503);
    replaceFile(caFile, other + server.ca);
    await until('it is trusted', async () => (await browser().navigate(`${parlour.url}/login`)).status === 200);
    const { failed } = await underLoad(pair, async () => {
      replaceFile(caFile, server.ca);
      await until('it is read', () => parlour.events('credential_changed').length === 2);
      await logIn();
    });
    expect(failed).toEqual([]);
    writeFileSync(caFile, '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n');
    await until('it is refused', () => parlour.events('credential_refused').length === 1);
    expect(parlour.events('credential_refused')[0]).toMatchObject({ credential: 'certificate_authorities' });
    expect((await logIn()).url).toBe(`${parlour.url}/`);
  });
});

describe('a self-signed certificate', () => {
  async function start(first: Issued, ...more: Issued[]) {
    const files = certificateFiles();
    first.write(files);
    pair = await startFapiPair(
      { CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth', CLIENT_SECRET: '', ...files },
      {
        client: {
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          ...registered([first, ...more].map(({ jwk }) => jwk)),
        },
      },
    );
    return { files, ...pair };
  }

  async function shownAtPush({ server, parlour, browser }: FapiPair): Promise<string | undefined> {
    await browser().navigate(`${parlour.url}/login`, { follow: false });
    return server.to('par').at(-1)?.certificate;
  }

  const published = async ({ parlour }: FapiPair) => {
    const { keys } = (await (await fetch(`${parlour.url}/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid).join(' ');
  };

  it('C5, C7: is published beside the one before, and shown five minutes later', async () => {
    const [first, second] = await Promise.all([selfSignedClient(), selfSignedClient()]);
    const running = await start(first, second);
    expect(await shownAtPush(running)).toBe(first.thumbprint);
    second.write(running.files);
    const both = `${second.thumbprint} ${first.thumbprint}`;
    await until('both are published', async () => (await published(running)) === both);
    expect(await shownAtPush(running)).toBe(first.thumbprint);
    turnClock(350);
    await until('the second is shown', async () => (await shownAtPush(running)) === second.thumbprint);
    expect(await published(running)).toBe(both);
  });

  it('C5, C7: takes the place of one that has ended at once', async () => {
    const ended = await selfSignedClient({ notAfter: new Date(Date.now() - 60_000) });
    const second = await selfSignedClient();
    const running = await start(ended, second);
    second.write(running.files);
    await until('the second is shown', async () => (await shownAtPush(running)) === second.thumbprint);
  });

  it('C7: is found behind a symlink that leads elsewhere, as Kubernetes changes a secret', async () => {
    const [first, second] = await Promise.all([selfSignedClient(), selfSignedClient()]);
    const folder = temporaryDirectory();
    const filesIn = (data: string) => {
      const one = { CLIENT_CERT_FILE: `${data}-client.pem`, CLIENT_KEY_FILE: `${data}-client.key` };
      return {
        CLIENT_CERT_FILE: join(folder, one.CLIENT_CERT_FILE),
        CLIENT_KEY_FILE: join(folder, one.CLIENT_KEY_FILE),
      };
    };
    first.write(filesIn('1'));
    second.write(filesIn('2'));
    const names = ['client.pem', 'client.key'];
    const link = (data: string) => {
      for (const name of names) symlinkSync(join(folder, `${data}-${name}`), join(folder, name));
    };
    link('1');
    const [CLIENT_CERT_FILE = '', CLIENT_KEY_FILE = ''] = names.map(name => join(folder, name));
    pair = await startFapiPair(
      { CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth', CLIENT_SECRET: '', CLIENT_CERT_FILE, CLIENT_KEY_FILE },
      { client: { token_endpoint_auth_method: 'self_signed_tls_client_auth', ...registered([first.jwk, second.jwk]) } },
    );
    const running = pair;
    for (const name of names) unlinkSync(join(folder, name));
    link('2');
    rmSync(join(folder, '1-client.pem'));
    await until('the second is published', async () => (await published(running)).startsWith(second.thumbprint));
  });

  it('C7, S3: with a key that doesn’t fit is refused, and the pair before stays', async () => {
    const [first, second] = await Promise.all([selfSignedClient(), selfSignedClient()]);
    const running = await start(first);
    writeFileSync(running.files.CLIENT_CERT_FILE, second.cert);
    const refused = () => running.parlour.events('credential_refused');
    await until('it is refused', () => refused().length === 1);
    expect(refused()[0]).toMatchObject({
      credential: 'client_certificate',
      reason: expect.stringContaining('isn’t the key'),
    });
    expect(await shownAtPush(running)).toBe(first.thumbprint);
    for (const { key } of [first, second]) expect(running.parlour.logText()).not.toContain(key.split('\n')[1]);
  });
});

function kidOf(assertion: string | null): unknown {
  const header: unknown = JSON.parse(Buffer.from(assertion?.split('.')[0] ?? '', 'base64url').toString() || '{}');
  return typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined;
}
