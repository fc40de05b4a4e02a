/** A program: what a login costs an OAuth client at the least, the calls to the authorization server and the checks of what it answers, in a bare loop. */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { request } from 'undici';
import { CLIENT_ID } from '../stage/authorization-server.ts';
import { answerWith } from '../stage/commands.ts';
import { HOST } from '../stage/instance.ts';
import type { BareCommands } from './bare.ts';

const { ISSUER = '', CLIENT_SECRET = '', CONNECTIONS = '' } = process.env;
const configuration = await discovery(new URL(ISSUER), CLIENT_ID, {}, ClientSecretBasic(CLIENT_SECRET), {
  execute: [allowInsecureRequests],
});
enableNonRepudiationChecks(configuration);

interface Login {
  callback: URL;
  checks: Parameters<typeof authorizationCodeGrant>[2];
}
let logins: Login[] = [];

async function push() {
  const [verifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()];
  const url = await buildAuthorizationUrlWithPAR(configuration, {
    redirect_uri: `https://${HOST}/callback`,
    scope: 'openid profile',
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return { url, checks };
}

/** On as many connections, until there's nothing more to do. */
async function atOnce(work: () => Promise<boolean>): Promise<{ answers: number; seconds: number }> {
  const began = performance.now();
  let answers = 0;
  const worker = async () => {
    while (await work()) answers++;
  };
  await Promise.all(Array.from({ length: Number(CONNECTIONS) }, worker));
  return { answers, seconds: (performance.now() - began) / 1000 };
}

answerWith<BareCommands>({
  async push(milliseconds) {
    const end = performance.now() + milliseconds;
    return atOnce(async () => performance.now() < end && Boolean(await push()));
  },

  async prepare(count) {
    logins = [];
    await atOnce(async () => {
      const { url, checks } = await push();
      const { headers, body } = await request(url);
      await body.dump();
      return logins.push({ callback: new URL(String(headers['location'])), checks }) < count;
    });
  },

  async redeem() {
    return atOnce(async () => {
      const login = logins.pop();
      if (!login) return false;
      const tokens = await authorizationCodeGrant(configuration, login.callback, login.checks);
      return tokens.claims() !== undefined;
    });
  },
});
process.send?.(0);
// a profile is written when a process ends by itself
process.on('SIGTERM', () => process.exit());
