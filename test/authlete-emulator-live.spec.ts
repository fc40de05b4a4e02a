import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';

const CLIENT = { clientId: '4711', clientSecret: 'a-secret_with-both', redirectUri: 'https://client.example/callback' };
const STRICT = { clientId: '4712', clientType: 'PUBLIC', parRequired: true, pkceRequired: true };
const ISSUER = 'https://as.example';

/** Stands where a real service would. */
let service: RunningEmulator;

beforeAll(async () => {
  const redirectUris = [CLIENT.redirectUri];
  service = await startAuthleteEmulator({
    port: 0,
    service: { issuer: ISSUER, pushedAuthReqEndpoint: `${ISSUER}/as/par`, tokenEndpoint: `${ISSUER}/as/token` },
    clients: [
      { ...CLIENT, redirectUris, responseTypes: ['CODE', 'CODE_ID_TOKEN'] },
      { ...STRICT, redirectUris },
    ],
  });
});
afterAll(() => service.close());

interface Outcome {
  status: unknown;
  output: string;
}

/** As `npm run test:authlete-live`, with these variables and none of the tester's own. */
async function run(given: Record<string, string>): Promise<Outcome> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AUTHLETE_'));
  const env = { ...Object.fromEntries(own), ...given, FORCE_COLOR: '0' };
  return new Promise(resolve => {
    execFile(process.execPath, ['test/authlete-live.mjs'], { env }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}

function variables(): Record<string, string> {
  const { serviceId, accessToken } = service.credentials;
  return {
    AUTHLETE_BASE_URL: service.url,
    AUTHLETE_SERVICE_ID: serviceId,
    AUTHLETE_ACCESS_TOKEN: accessToken,
    AUTHLETE_LIVE_CLIENT_ID: CLIENT.clientId,
    AUTHLETE_LIVE_CLIENT_SECRET: CLIENT.clientSecret,
    AUTHLETE_LIVE_REDIRECT_URI: CLIENT.redirectUri,
  };
}

describe('npm run test:authlete-live', () => {
  it('emulator: without a credential it says “not run”, which variables that takes, and counts nothing', async () => {
    const { status, output } = await run({ AUTHLETE_BASE_URL: service.url, AUTHLETE_API_KEY: 'half of it' });
    expect(status).toBe(0);
    expect(output).toMatch(/^not run: /);
    for (const name of ['AUTHLETE_ACCESS_TOKEN', 'AUTHLETE_API_SECRET', 'AUTHLETE_LIVE_CLIENT_ID']) {
      expect(output).toContain(name);
    }
    expect(output).not.toMatch(/AUTHLETE_BASE_URL|passed/);
  });

  it('emulator: with a v3 credential the suite runs there, and what needs a further client is named', async () => {
    const before = service.calls.length;
    const { status, output } = await run(variables());
    expect([status, output]).toEqual([0, expect.stringContaining(`held against ${service.url}`)]);
    expect(output).toMatch(/Tests: +\d+ passed, \d+ total/);
    expect(output).toContain(
      'not run: A008305, A124301 and A157303, because AUTHLETE_LIVE_STRICT_CLIENT_ID is not set',
    );
    const made = service.calls.slice(before);
    expect(new Set(made.map(({ version }) => version))).toEqual(new Set(['v3']));
    expect(made.length).toBeGreaterThan(30);
  }, 60_000);

  it('emulator: a service that answers otherwise fails the suite; all four variables run both versions', async () => {
    const { apiKey, apiSecret } = service.credentials;
    const before = service.calls.length;
    service.fault('auth/introspection', { body: { action: 'OK', resultCode: 'A056000' } });
    const { status, output } = await run({
      ...variables(),
      AUTHLETE_API_KEY: apiKey,
      AUTHLETE_API_SECRET: apiSecret,
      AUTHLETE_LIVE_STRICT_CLIENT_ID: STRICT.clientId,
    });
    service.clearFaults();
    expect([status, output]).toEqual([1, expect.stringContaining(`did not hold against ${service.url}`)]);
    expect(output).not.toContain('not run');
    expect(new Set(service.calls.slice(before).map(({ version }) => version))).toEqual(new Set(['v2', 'v3']));
  }, 60_000);
});
