import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, readConfiguration } from '../src/configuration.js';
import { key, minimum } from './support/environment.js';

function file(content: string | object): string {
  const path = join(mkdtempSync(join(tmpdir(), 'parlour-defaults-')), 'file');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('defaults that a start script brings along', () => {
  it('are enough by themselves, and count as given', () => {
    const { bff, server } = readConfiguration({}, { ...minimum, PORT: '4000' });
    expect(bff.frontends[0]?.issuer).toBe(minimum.ISSUER);
    expect(server.port).toBe(4000);
  });

  it('stand under the environment, where empty is as good as absent', () => {
    const { bff } = readConfiguration({ SCOPE: 'openid', CLIENT_ID: '' }, { ...minimum, SCOPE: 'openid email' });
    expect(bff.frontends[0]).toMatchObject({ scope: 'openid', clientId: minimum.CLIENT_ID });
  });

  it('stand under the config file', () => {
    const { bff } = readConfiguration({ CONFIG_FILE: file({ clientId: 'from-the-file' }) }, minimum);
    expect(bff.frontends[0]?.clientId).toBe('from-the-file');
  });

  it('give way to a secret’s file, as if they weren’t there', () => {
    const secret = key();
    const { bff } = readConfiguration({ CLIENT_SECRET_FILE: file(`${secret}\n`) }, minimum);
    expect(bff.frontends[0]?.clientSecret).toBe(secret);
  });

  it('heal no mistake that was made', () => {
    expect(() => readConfiguration({ PORT: 'many' }, { ...minimum, PORT: '4000' })).toThrow(ConfigurationError);
  });
});
