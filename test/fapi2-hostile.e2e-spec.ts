import { afterEach, describe, expect, it } from '@jest/globals';
import { isLoggedIn, logIn } from './login-flow.js';
import { type FapiHostile, startFapiHostile } from './support/fapi-hostile.js';

const open: FapiHostile[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(...what: Parameters<typeof startFapiHostile>): Promise<FapiHostile> {
  const started = await startFapiHostile(...what);
  open.push(started);
  return started;
}

/** Where a login ends, and whether somebody is logged in then. */
async function outcome({ parlour, browser: newBrowser }: FapiHostile) {
  const browser = newBrowser();
  const hop = await logIn(parlour, browser, { return_to: '/orders' });
  return { hop, loggedIn: await isLoggedIn(parlour, browser) };
}

describe('with a profile, at a server whose metadata don’t promise iss', () => {
  const silent = { authorization_response_iss_parameter_supported: undefined };

  it.each([
    ['a response', {}],
    ['an error response', { code: undefined, error: 'login_required' }],
  ])('A2: %s without iss is refused all the same', async (_what, parameters) => {
    const scene = await start('fapi2', silent);
    scene.hostile.lies.authorization = { parameters: { ...parameters, iss: undefined } };
    const { hop, loggedIn } = await outcome(scene);
    expect([hop.status, loggedIn, scene.hostile.count('token')]).toEqual([400, false, 0]);
    expect(scene.parlour.events('callback_refused').at(-1)?.['reason']).toBe('iss is missing');
  });

  it.each(['fapi2', 'fapi2-message-signing'] as const)('A2: one with iss is taken, by %s', async profile => {
    const scene = await start(profile, silent);
    const { hop, loggedIn } = await outcome(scene);
    expect([hop.url, loggedIn]).toEqual([`${scene.parlour.url}/orders`, true]);
  });
});
