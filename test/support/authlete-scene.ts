import { afterAll, beforeEach } from '@jest/globals';
import { type RunningEmulator, startAuthleteEmulator } from '../../src/dev/authlete-emulator/index.js';
import { type ApiAnswer, type Call, caller, contentOf } from './authlete-api.js';

export const CLIENT = { clientId: '4711', clientSecret: 'a-secret', redirectUri: 'https://client.example/callback' };
export const OTHER = { clientId: '4712', clientSecret: 'another', redirectUri: CLIENT.redirectUri };
export const ISSUER = 'https://as.example';
/** What the emulator's clock says: it stands still, unless a test turns it. Seconds since the epoch. */
export const NOON = Date.UTC(2030, 0, 1, 12) / 1000;

const SERVICE = {
  issuer: ISSUER,
  serviceName: 'A service',
  pushedAuthReqEndpoint: `${ISSUER}/as/par`,
  tokenEndpoint: `${ISSUER}/as/token`,
  userInfoEndpoint: `${ISSUER}/as/userinfo`,
};

const SETTINGS = { parRequired: false, pkceRequired: false, pkceS256Required: false };
const GRANT_TYPES = ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'];

export interface Scene {
  emulator: RunningEmulator;
  call: Call;
  /** Turns the clock until the test ends. Seconds. */
  advance: (seconds: number) => void;
}

/** An emulator for a test file, with two clients; before each test, what tests set is as at the start. */
export async function emulatorScene(): Promise<Scene> {
  const emulator = await startAuthleteEmulator({ port: 0, service: SERVICE, clock: () => NOON * 1000 });
  let turned = 0;
  const advance = (seconds: number) => {
    emulator.advance(seconds);
    turned += seconds;
  };
  afterAll(() => emulator.close());
  beforeEach(() => {
    emulator.clearFaults();
    advance(-turned);
    emulator.set({ service: { ...SETTINGS, loopbackRedirectionUriVariable: false, dpopNonceRequired: false } });
    for (const { redirectUri, ...client } of [CLIENT, OTHER]) {
      const own = { clientName: 'A client', redirectUris: [redirectUri], responseTypes: ['CODE', 'CODE_ID_TOKEN'] };
      emulator.set({ client: { ...client, ...own, ...SETTINGS, grantTypes: GRANT_TYPES, userInfoSignAlg: null } });
    }
  });
  const { url, credentials } = emulator;
  return { emulator, call: caller({ url, version: 'v3', credentials }), advance };
}

/** The code, the action, and the error that the client is told. */
export function refusal(answer: ApiAnswer): unknown[] {
  return [answer.body['resultCode'], answer.body['action'], contentOf(answer)['error']];
}
