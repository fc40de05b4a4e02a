import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { readConfiguration } from '../src/configuration.js';
import { certificateFiles, type Issued, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { key, minimum as environment, mistakes } from './support/environment.js';
import { minimum, problems } from './support/options.js';

const { clientSecret: _secret, ...withoutSecret } = minimum;

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'parlour-credentials-')), 'file');
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

let signing: JWK;
let other: JWK;
let rsa: JWK;
let issued: Issued;
beforeAll(async () => {
  [signing, other, rsa] = await Promise.all([privateJwk('ES256'), privateJwk('ES256'), privateJwk('PS256')]);
  issued = await selfSignedClient();
});

function written(one: Issued) {
  const files = certificateFiles();
  one.write(files);
  return { clientCertFile: files.CLIENT_CERT_FILE, clientKeyFile: files.CLIENT_KEY_FILE };
}

describe('start-up: each method has what it needs, and nothing that it doesn’t use', () => {
  const method = (clientAuthMethod: string, more: Record<string, unknown> = {}) =>
    problems({ ...withoutSecret, clientAuthMethod, ...more });

  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt'])('C1, C2, C3: %s needs a secret', name => {
    expect(method(name)).toEqual(['clientSecret is missing']);
    expect(method(name, { clientSecret: key() })).toEqual([]);
  });

  it('C3: client_secret_jwt needs as many characters as HS256 has bytes', () => {
    expect(method('client_secret_jwt', { clientSecret: 'k9#fQ2xT-7rW1pL0vZ' })[0]).toContain('32 characters or more');
  });

  it('C4: private_key_jwt needs a key that signs, and takes no secret', async () => {
    expect(method('private_key_jwt')).toEqual(['clientJwksFile is missing: private_key_jwt signs with a key of it']);
    const decrypting = jwksFile(await privateJwk('ECDH-ES'));
    expect(method('private_key_jwt', { clientJwksFile: decrypting })[0]).toContain('has no key that signs');
    const good = { clientJwksFile: jwksFile(signing) };
    expect(method('private_key_jwt', good)).toEqual([]);
    expect(method('private_key_jwt', { ...good, clientSecret: key() })).toEqual([
      'clientSecret has no use with private_key_jwt: take it out',
    ]);
  });

  it('C5, C6: certificates need both files, and TLS to be shown in', () => {
    for (const name of ['self_signed_tls_client_auth', 'tls_client_auth']) {
      expect(method(name)).toEqual(['clientCertFile is missing', 'clientKeyFile is missing']);
      const files = written(issued);
      expect(method(name, { clientCertFile: files.clientCertFile })).toEqual(['clientKeyFile is missing']);
      expect(method(name, files)).toEqual([]);
      expect(method(name, { ...files, issuer: 'http://localhost:9000' })[0]).toMatch(/^issuer must be https/);
      const inCluster = { allowHttpFor: ['as.internal'], backchannelUrl: 'http://as.internal' };
      expect(method(name, { ...files, ...inCluster })[0]).toMatch(/^backchannelUrl must be https/);
    }
  });

  it('C5: a certificate that nobody would be shown is refused', () => {
    expect(problems({ ...minimum, ...written(issued) })).toEqual([
      'clientCertFile has no use with client_secret_basic: take it out',
    ]);
  });
});

describe('start-up: a file of client keys', () => {
  const said = (...keys: unknown[]) => {
    const [problem, ...more] = problems({
      ...withoutSecret,
      clientAuthMethod: 'private_key_jwt',
      clientJwksFile: jwksFile(...keys),
    });
    expect(more).toEqual([]);
    return problem;
  };

  const weak = () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    return { ...privateKey.export({ format: 'jwk' }), kid: 'weak', alg: 'PS256', use: 'sig' };
  };

  it.each<[string, () => unknown, string]>([
    ['that is no JWK', () => 'a text', 'key 1 must be a JWK'],
    ['that has no kid', () => ({ ...signing, kid: undefined }), 'key 1 lacks a kid'],
    ['that has no alg', () => ({ ...signing, alg: undefined }), 'key 1 lacks an alg'],
    ['that is symmetric', () => ({ kty: 'oct', k: key(), kid: 'x', alg: 'HS256' }), 'key 1 is symmetric'],
    ['that is public', () => publicHalf(signing), 'key 1 is a public key'],
    ['whose alg isn’t known', () => ({ ...signing, alg: 'RS256' }), 'key 1 must have an alg of ES256, PS256, Ed25519'],
    [
      'whose alg is another type’s',
      () => ({ ...signing, alg: 'PS256' }),
      'has a kty or crv that its alg doesn’t go with',
    ],
    ['whose use is another alg’s', () => ({ ...signing, use: 'enc' }), 'has a use that its alg doesn’t go with'],
    ['whose end is no time', () => ({ ...signing, exp: 'soon' }), 'has an exp'],
    ['whose end no calendar has', () => ({ ...signing, exp: 1e20 }), 'has an exp'],
    ['whose end no calendar has had', () => ({ ...signing, exp: -1e20 }), 'has an exp'],
    ['whose public half is somebody else’s', () => ({ ...signing, x: other.x, y: other.y }), 'key 1 is damaged'],
    ['of which a member was cut off', () => ({ ...signing, d: signing.d?.slice(0, 20) }), 'key 1 is damaged'],
    ['that is RSA and too short', weak, 'key 1 is weak: RSA needs 2048 bits or more'],
  ])('C4, F3: is refused with a key %s', (_what, make, text) => {
    expect(said(make())).toContain(text);
  });

  it('C4: is told of all its keys’ mistakes at once, and of two with one kid', () => {
    expect(said(publicHalf(signing), { ...other, alg: undefined }, rsa, { ...other, kid: rsa.kid })).toBe(
      "clientJwksFile can't be used: key 1 is a public key: its private half is needed; key 2 lacks an alg; key 4 has the kid of an earlier one",
    );
  });

  it.each([
    ['text', '{"keys": [', "isn't JSON"],
    ['a single key', '{"kty": "EC"}', 'must be a JWK Set'],
    ['no key', '{"keys": []}', 'holds no key'],
  ])('C4: is refused with %s', (_what, content, text) => {
    const [problem] = problems({
      ...withoutSecret,
      clientAuthMethod: 'private_key_jwt',
      clientJwksFile: file(content),
    });
    expect(problem).toContain(`clientJwksFile ${text}`);
  });

  it.each(['ES256', 'PS256', 'Ed25519'])('C4: is taken with %s, beside a key that decrypts', async alg => {
    const clientJwksFile = jwksFile(await privateJwk('RSA-OAEP-256'), await privateJwk(alg));
    expect(problems({ ...withoutSecret, clientAuthMethod: 'private_key_jwt', clientJwksFile })).toEqual([]);
  });
});

describe('start-up: a certificate', () => {
  const said = (files: Partial<ReturnType<typeof written>>) =>
    problems({ ...withoutSecret, clientAuthMethod: 'tls_client_auth', ...written(issued), ...files });

  it('C5, C6: is refused when the file holds none, or a damaged one', () => {
    expect(said({ clientCertFile: file('no PEM') })).toEqual(['clientCertFile holds no certificate in PEM form']);
    const damaged = issued.cert.replace(/\n[\w+/]{20}/, '\n');
    expect(said({ clientCertFile: file(damaged) })).toEqual(['clientCertFile holds a damaged certificate']);
  });

  it('C5, C6: is refused with a key that isn’t its own, that nobody can read, or that asks for a passphrase', async () => {
    const { clientKeyFile } = written(await selfSignedClient());
    expect(said({ clientKeyFile })).toEqual([
      'clientKeyFile isn’t the key of the first certificate in the certificate’s file',
    ]);
    expect(said({ clientKeyFile: file('no key') })).toEqual(['clientKeyFile holds no private key in PEM form']);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    expect(said({ clientKeyFile: file(encrypted.toString()) })[0]).toMatch(/^clientKeyFile is encrypted/);
  });

  it('C6, F3: is refused with a weak RSA key', async () => {
    const files = written(await selfSignedClient({ algorithm: 'weak rsa' }));
    expect(said(files)).toEqual(['clientCertFile is weak: RSA needs 2048 bits or more']);
  });
});

describe('start-up: the operator’s words', () => {
  it('S3: all mistakes with credentials are listed at once, by their variables, with nothing of the files', () => {
    const secretText = 'hunter2hunter2';
    const said = mistakes({
      ...environment,
      CLIENT_SECRET: '',
      CLIENT_AUTH_METHOD: 'tls_client_auth',
      CLIENT_JWKS_FILE: file(secretText),
      CLIENT_CERT_FILE: file(secretText),
      CLIENT_KEY_FILE: file(secretText),
      CLIENT_ASSERTION_TYP: secretText,
      CREDENTIAL_WARNING: secretText,
      CA_FILE: file(secretText),
    });
    expect(said.map(line => line.split(' ')[0])).toEqual([
      'CA_FILE',
      'CLIENT_JWKS_FILE',
      'CLIENT_ASSERTION_TYP',
      'CLIENT_CERT_FILE',
      'CLIENT_KEY_FILE',
      'CREDENTIAL_WARNING',
    ]);
    expect(said.join()).not.toContain(secretText);
  });

  it.each(['/nowhere/file', tmpdir()])('C7: a file that can’t be read is named: %s', path => {
    const said = mistakes({ ...environment, CLIENT_JWKS_FILE: path, CLIENT_CERT_FILE: path, CLIENT_KEY_FILE: path });
    expect(said).toEqual(
      ['CLIENT_JWKS_FILE', 'CLIENT_CERT_FILE', 'CLIENT_KEY_FILE'].map(
        name => `${name} must be a file that can be read`,
      ),
    );
  });

  it('S3: a private key that other users may read is a danger, and one that a group reads isn’t', () => {
    const CLIENT_JWKS_FILE = jwksFile(signing);
    const dangers = (mode: number) => {
      chmodSync(CLIENT_JWKS_FILE, mode);
      return readConfiguration({ ...environment, CLIENT_JWKS_FILE }).dangers.map(({ setting }) => setting);
    };
    expect(dangers(0o644)).toContain('CLIENT_JWKS_FILE');
    expect(dangers(0o660)).toContain('CLIENT_JWKS_FILE');
    expect(dangers(0o640)).not.toContain('CLIENT_JWKS_FILE');
    expect(dangers(0o600)).not.toContain('CLIENT_JWKS_FILE');
  });
});
