import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { createKeys, type KeyWishes } from '../src/keys/commands.js';
import { minimum, problems } from './support/options.js';
import { temporaryDirectory } from './support/parlour.js';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});

const at = (name: string) => join(folder, name);
const modeOf = (name: string) => statSync(at(name)).mode & 0o777;
const keysIn = (name: string) => (JSON.parse(readFileSync(at(name), 'utf8')) as { keys: JWK[] }).keys;
const { clientSecret: _secret, ...withoutSecret } = minimum;

async function make(kind: string, wishes: Partial<KeyWishes> = {}): Promise<string> {
  const lines = await createKeys({ kind, rotate: false, ...wishes });
  return lines?.join('\n') ?? '';
}

/** JSON that is printed for registration. */
function printed(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .flatMap(line => (line.startsWith('  {') ? [JSON.parse(line) as Record<string, unknown>] : []));
}

describe('npm run keys -- client', () => {
  it.each(['ES256', 'PS256', 'Ed25519'])('C4: makes a %s key that Parlour takes, for its owner alone', async alg => {
    const clientJwksFile = at('client.jwks.json');
    const text = await make('client', { file: clientJwksFile, alg });
    expect(modeOf('client.jwks.json')).toBe(0o600);
    expect(problems({ ...withoutSecret, clientAuthMethod: 'private_key_jwt', clientJwksFile })).toEqual([]);
    const [key] = keysIn('client.jwks.json');
    expect(key).toMatchObject({ alg, use: 'sig' });
    expect(text).toContain(`CLIENT_JWKS_FILE=${clientJwksFile}`);
    expect(text).not.toContain(key?.d);
  });

  it('C4: says what to register: jwks_uri, or the public keys', async () => {
    const wishes = { file: at('keys'), 'public-url': 'https://shop.example.org' };
    const [metadata, byValue] = printed(await make('client', wishes));
    expect(metadata).toEqual({
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: 'https://shop.example.org/jwks',
    });
    const [key] = keysIn('keys');
    const { d: _private, ...shown } = key ?? {};
    expect(byValue).toEqual({ jwks: { keys: [shown] } });
  });

  it.each(['ECDH-ES', 'RSA-OAEP-256'])('C4: makes a %s key that decrypts, beside those that sign', async alg => {
    await make('client', { file: at('keys') });
    const text = await make('client', { file: at('keys'), alg, rotate: true });
    expect(keysIn('keys').map(({ use }) => use)).toEqual(['enc', 'sig']);
    expect(problems({ ...withoutSecret, clientAuthMethod: 'private_key_jwt', clientJwksFile: at('keys') })).toEqual([]);
    expect(text).toContain(`ID_TOKEN_ENCRYPTED_RESPONSE_ALG=${alg}`);
  });

  it('C4, C7: overwrites nothing; with --rotate the new key stands first, and the old ones stay', async () => {
    await make('client', { file: at('keys') });
    const [first] = keysIn('keys');
    await expect(make('client', { file: at('keys') })).rejects.toThrow('isn’t overwritten');
    expect(keysIn('keys')).toEqual([first]);
    chmodSync(at('keys'), 0o640);
    const text = await make('client', { file: at('keys'), rotate: true });
    expect(keysIn('keys')).toHaveLength(2);
    expect(keysIn('keys')[1]).toEqual(first);
    // the group that Parlour runs as goes on reading it
    expect(modeOf('keys')).toBe(0o640);
    expect(text).toContain('five minutes later');
    expect(readdirSync(folder)).toEqual(['keys']);
  });

  it('C7: changes the file that a symlink leads to', async () => {
    await make('client', { file: at('keys') });
    symlinkSync(at('keys'), at('link'));
    await make('client', { file: at('link'), rotate: true });
    expect(keysIn('keys')).toHaveLength(2);
  });

  it('C8: writes down when a key ends, and publishes no such thing', async () => {
    const text = await make('client', { file: at('keys'), days: '30' });
    const { exp } = keysIn('keys')[0] as { exp?: number };
    expect(exp).toBeGreaterThan(Date.now() / 1000 + 29 * 86_400);
    expect(text).not.toContain('"exp"');
  });

  it.each<[string, Partial<KeyWishes>, string]>([
    ['an alg that isn’t known', { alg: 'HS256' }, '--alg must be one of'],
    ['a life that is none', { days: '0' }, '--days must be'],
    ['a folder that isn’t there', { file: '/nowhere/keys' }, "can't be written (ENOENT)"],
    ['nothing to rotate', { rotate: true }, 'nothing to rotate'],
  ])('refuses %s', async (_what, wishes, text) => {
    await expect(make('client', { file: at('keys'), ...wishes })).rejects.toThrow(text);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([[null], ['-----BEGIN PRIVATE KEY-----'], [5], [{}]])(
    'C7: leaves a file alone that holds %j for a key',
    async entry => {
      const content = JSON.stringify({ keys: [entry] });
      writeFileSync(at('keys'), content);
      await expect(make('client', { file: at('keys'), rotate: true })).rejects.toThrow('nothing to rotate');
      expect(readFileSync(at('keys'), 'utf8')).toBe(content);
    },
  );

  it('S3: prints of the old keys what’s public, whatever else stands in the file', async () => {
    await make('client', { file: at('keys') });
    const old = keysIn('keys').map(key => ({ ...key, D: key.d, backup: { d: key.d } }));
    writeFileSync(at('keys'), JSON.stringify({ keys: old }));
    const text = await make('client', { file: at('keys'), rotate: true });
    for (const { d = '?' } of keysIn('keys')) expect(text).not.toContain(d);
  });

  it('S3: quotes nothing of a file that it can’t rotate', async () => {
    writeFileSync(at('keys'), 'hunter2hunter2');
    const refused = await make('client', { file: at('keys'), rotate: true }).catch(String);
    expect(refused).toContain('nothing to rotate');
    expect(refused).not.toContain('hunter2hunter2');
  });
});

describe('npm run keys -- session', () => {
  it('R8: prints a key of the key ring as a line of the environment', async () => {
    const [name, value] = (await make('session')).split('=');
    expect(name).toBe('SESSION_KEYS');
    expect(problems({ ...minimum, keys: [value] })).toEqual([]);
    expect(await make('session')).not.toContain(value);
  });

  it('R8: writes SESSION_KEYS_FILE, and with --rotate a new key ahead of the old', async () => {
    const text = await make('session', { file: at('session.keys') });
    const first = readFileSync(at('session.keys'), 'utf8').trim();
    expect(modeOf('session.keys')).toBe(0o600);
    expect(text).not.toContain(first);
    await expect(make('session', { file: at('session.keys') })).rejects.toThrow('isn’t overwritten');
    await make('session', { file: at('session.keys'), rotate: true });
    const [second, ...more] = readFileSync(at('session.keys'), 'utf8').trim().split(' ');
    expect(more).toEqual([first]);
    expect(problems({ ...minimum, keys: [second, ...more] })).toEqual([]);
  });
});

describe('npm run keys -- certificate', () => {
  const files = () => ({ 'cert-file': at('client.pem'), 'key-file': at('client.key') });

  it('C5: makes a self-signed certificate that Parlour takes, its key for its owner alone', async () => {
    const text = await make('certificate', { ...files(), name: 'shop', days: '90' });
    expect([modeOf('client.key'), modeOf('client.pem')]).toEqual([0o600, 0o644]);
    const certificate = new X509Certificate(readFileSync(at('client.pem')));
    expect([certificate.subject, certificate.issuer]).toEqual(['CN=shop', 'CN=shop']);
    expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThanOrEqual(90 * 86_400_000);
    expect(
      problems({
        ...withoutSecret,
        clientAuthMethod: 'self_signed_tls_client_auth',
        clientCertFile: at('client.pem'),
        clientKeyFile: at('client.key'),
      }),
    ).toEqual([]);
    expect(text).toContain('CN=shop');
    expect(text).toContain(certificate.fingerprint256);
    const [, byValue] = printed(text);
    expect(byValue).toMatchObject({ jwks: { keys: [{ x5c: [certificate.raw.toString('base64')] }] } });
    expect(text).not.toContain(readFileSync(at('client.key'), 'utf8').split('\n')[1]);
  });

  it('C7: replaces both files with --rotate only', async () => {
    await make('certificate', files());
    const before = readFileSync(at('client.pem'), 'utf8');
    await expect(make('certificate', files())).rejects.toThrow('isn’t overwritten');
    expect(readFileSync(at('client.pem'), 'utf8')).toBe(before);
    await make('certificate', { ...files(), rotate: true });
    const now = new X509Certificate(readFileSync(at('client.pem')));
    expect(now.toString().trim()).not.toBe(before.trim());
    expect(modeOf('client.key')).toBe(0o600);
  });
});

describe('the command', () => {
  const run = promisify(execFile);
  const command = (...line: string[]) => run(process.execPath, [resolve('dist/keys.js'), ...line], { cwd: folder });

  it('makes a file where it stands, and says what it was', async () => {
    const { stdout } = await command('client', '--alg', 'Ed25519');
    expect(stdout).toMatch(/^client\.jwks\.json: a new Ed25519 key/);
    await expect(command('client')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('--rotate') });
  });

  it('says what it can do, and fails for what it doesn’t know', async () => {
    expect((await command()).stdout).toContain('npm run keys -- certificate');
    await expect(command('sesion')).rejects.toMatchObject({ code: 2 });
    await expect(command('client', '--force')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force'),
    });
  });
});
