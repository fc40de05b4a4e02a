import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { createServer as createHttpsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { ClientMetadata } from 'oidc-provider';
import { selfSigned } from './support/certificates.js';
import { certificateFiles, type Issued, selfSignedClient } from './support/client-certificates.js';
import type { FapiOptions } from './support/fapi-authorization-server.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import { listen } from './support/hostile/listen.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Proxy, startProxy } from './support/outbound-servers.js';
import { type Parlour, startParlour } from './support/parlour.js';
import { isLoggedIn } from './support/scene.js';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close();
});

function written(issued: Issued): Record<string, string> {
  const files = certificateFiles();
  issued.write(files);
  return { CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth', CLIENT_SECRET: '', ...files };
}

function registration({ jwk }: Issued): Partial<ClientMetadata> {
  return { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [jwk] } };
}

async function start(issued: Issued, environment: Record<string, string> = {}, options: FapiOptions = {}) {
  const client = registration(issued);
  const pair: FapiPair = await startFapiPair({ ...written(issued), ...environment }, { ...options, client });
  closing.push(pair);
  return pair;
}

describe('the client certificate', () => {
  it('C5, F5: is shown at the aliases where the server has them, and not where it asks for none', async () => {
    const issued = await selfSignedClient();
    const { server, logIn } = await start(issued);
    await logIn();
    const shown = server.requests.map(({ endpoint, mtls, certificate }) => [endpoint, mtls, certificate]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['discovery', false, undefined],
        ['par', true, issued.thumbprint],
        ['token', true, issued.thumbprint],
        ['jwks', false, undefined],
      ]),
    );
    expect(shown.filter(([endpoint, mtls]) => endpoint === 'par' && !mtls)).toEqual([]);
  });

  it('C5: is shown at the ordinary endpoints of a server without aliases', async () => {
    const issued = await selfSignedClient();
    const { server, logIn, browser, parlour } = await start(issued, {}, { aliases: false });
    const one = browser();
    await logIn(one);
    expect(await isLoggedIn(one, parlour)).toBe(true);
    expect(server.to('par').map(({ certificate }) => certificate)).toEqual([issued.thumbprint]);
  });

  it('C5, P1: goes through a proxy’s tunnel to the authorization server', async () => {
    const issued = await selfSignedClient();
    // the name is known to nobody but the proxy; oidc-provider is where it leads
    const names: Record<string, number> = {};
    const proxy: Proxy = await startProxy(names);
    closing.push(proxy);
    const { server, logIn, browser, parlour } = await start(issued, { HTTPS_PROXY: proxy.url }, { aliases: false });
    names['127.0.0.1'] = Number(new URL(server.issuer).port);
    const one = browser();
    await logIn(one);
    expect(await isLoggedIn(one, parlour)).toBe(true);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(server.issuer).host}`]));
    expect(server.to('token').map(({ certificate }) => certificate)).toEqual([issued.thumbprint]);
  });
});

describe('a proxy that asks for a certificate', () => {
  it('C5: isn’t shown the client’s', async () => {
    const { cert, key, certFile } = await selfSigned('127.0.0.1');
    const shown: boolean[] = [];
    const proxy = createHttpsServer({ cert, key, requestCert: true, rejectUnauthorized: false });
    proxy.on('connect', (_request, socket: TLSSocket) => {
      shown.push(socket.getPeerX509Certificate() !== undefined);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const HTTPS_PROXY = `https://127.0.0.1:${await listen(proxy)}`;
    closing.push({ close: () => proxy.close() });
    const environment = { ...written(await selfSignedClient()), HTTPS_PROXY, CA_FILE: certFile };
    const parlour = await startParlour('https://as.example.org', environment);
    closing.push(parlour);
    expect((await new HttpBrowser().navigate(`${parlour.url}/login`)).status).toBe(503);
    expect(shown).toEqual(expect.arrayContaining([false]));
    expect(shown).not.toContain(true);
  });
});

describe('a server that refuses the certificate in the TLS handshake', () => {
  /** Answers every ClientHello with a fatal alert (RFC 8446 §6). */
  async function alerting(description: number): Promise<Server> {
    const server = createServer(socket => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, description])));
    });
    await listen(server);
    closing.push({ close: () => new Promise(resolve => server.close(resolve)) });
    return server;
  }

  const portOf = (server: Server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  it.each([
    [42, 'bad_certificate', 502],
    [43, 'unsupported_certificate', 502],
    [44, 'certificate_revoked', 502],
    [45, 'certificate_expired', 502],
    [46, 'certificate_unknown', 502],
    [48, 'unknown_ca', 502],
    [49, 'access_denied', 502],
    [116, 'certificate_required', 502],
    [80, 'internal_error', 503],
  ])('P5, C6: alert %i (%s) makes a %i', async (description, _name, status) => {
    const server = await alerting(description);
    const issued = await selfSignedClient();
    const parlour: Parlour = await startParlour(`https://127.0.0.1:${portOf(server)}`, written(issued));
    closing.push(parlour);
    const answer = await new HttpBrowser().navigate(`${parlour.url}/login`);
    expect([answer.status, parlour.logText().includes('refused the client’s certificate')]).toEqual([
      status,
      status === 502,
    ]);
  });
});
