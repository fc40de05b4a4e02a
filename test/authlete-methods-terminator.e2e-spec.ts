import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as client from 'openid-client';
import type { Identity } from './support/authlete-clients.js';
import { agree, exchange, push, refusal } from './support/authlete-code-flow.js';
import { type Stage, startStage } from './support/authlete-stage.js';
import type { Credential } from './support/certificates.js';
import { startNginx } from './support/nginx.js';

/** As docs/authlete.md tells an operator to do it. */
const [, documented = ''] = /```nginx\n([\s\S]*?)```/.exec(readFileSync('docs/authlete.md', 'utf8')) ?? [];
const headers = [...documented.matchAll(/proxy_set_header (.+?);/g)].map(([, header = '']) => header);
const [verify = 'there is none'] = /ssl_verify_client .+?;/.exec(documented) ?? [];

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ style: 'nginx', start: at => startNginx(at, headers, [verify]) });
});
afterAll(() => stage.close());

const INVALID_CLIENT = { status: 401, error: 'invalid_client', challenge: false };

/** Somebody who shows one certificate, or none, and writes others into the headers. */
function claiming(claimed: Credential, shown?: Credential): Identity {
  const header = encodeURIComponent(claimed.cert);
  return {
    authentication: client.TlsClientAuth(),
    headers: {
      'X-Ssl-Cert': header,
      'X-Ssl-Cert-Chain-0': header,
      'Client-Cert': `:${claimed.cert.replaceAll(/-----[^-]+-----|\s/g, '')}:`,
    },
    ...(shown && { certificate: shown }),
  };
}

describe('behind nginx, which ends TLS and speaks plain http to us', () => {
  it('E3: self_signed_tls_client_auth goes the whole way', async () => {
    const config = await stage.connect(stage.clients.all.self_signed_tls_client_auth);
    const pushed = await push(config);
    const tokens = await exchange(config, await agree(stage.browser(), pushed), pushed);
    expect(tokens.claims()).toMatchObject({ iss: stage.issuer, sub: 'alice' });
  });

  it('E3: tls_client_auth goes the whole way with a certificate of the root’s own', async () => {
    const who = stage.clients.all.tls_client_auth;
    const certificate = await stage.clients.root.issue({ subject: 'C=DE, O=Example, CN=client' });
    const config = await stage.connect(who, { authentication: client.TlsClientAuth(), certificate });
    const pushed = await push(config);
    expect(await exchange(config, await agree(stage.browser(), pushed), pushed)).toHaveProperty('access_token');
  });

  it('E3: a certificate that a client without one writes into the headers is overwritten', async () => {
    const who = stage.clients.all.self_signed_tls_client_auth;
    const { certificate } = who.identity;
    if (!certificate) throw new Error('the client has no certificate');
    const forger = await stage.connect(who, claiming(certificate));
    expect(await refusal(push(forger))).toEqual(INVALID_CLIENT);
    expect(stage.emulator.calls.at(-1)?.body).not.toHaveProperty('clientCertificate');
  });

  it('E3: a certificate that another client writes into the headers is overwritten by its own', async () => {
    const who = stage.clients.all.self_signed_tls_client_auth;
    const [{ certificate }, other] = [who.identity, stage.clients.all.tls_client_auth.identity];
    if (!certificate) throw new Error('the client has no certificate');
    const forger = await stage.connect(who, claiming(certificate, other.certificate));
    expect(await refusal(push(forger))).toEqual(INVALID_CLIENT);
    const { clientCertificate, clientCertificatePath = [] } = stage.emulator.calls.at(-1)?.body ?? {};
    expect(String(clientCertificate).trim()).toBe(other.certificate?.cert.trim());
    expect(clientCertificatePath).toEqual([]);
  });
});
