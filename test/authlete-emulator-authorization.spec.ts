import { describe, expect, it } from '@jest/globals';
import { redirectOf } from './support/authlete-api.js';
import {
  authorizationRequest,
  authorize,
  type Changes,
  form,
  interaction,
  issue,
  pushedUri,
} from './support/authlete-flow.js';
import { CLIENT, emulatorScene, ISSUER, OTHER, refusal } from './support/authlete-scene.js';

const { emulator, call, advance } = await emulatorScene();

const direct = (changes: Changes) => call('auth/authorization', { parameters: authorizationRequest(CLIENT, changes) });

describe('auth/authorization', () => {
  it('emulator: whatever stands beside the request_uri doesn’t count, and it belongs to one client', async () => {
    const request_uri = await pushedUri(call, CLIENT, { scope: 'openid email' });
    const parameters = form({
      client_id: '4711',
      request_uri,
      scope: 'profile',
      redirect_uri: 'https://elsewhere.example/',
    });
    const { body } = await call('auth/authorization', { parameters });
    expect(body).toMatchObject({ action: 'INTERACTION', scopes: [{ name: 'openid' }, { name: 'email' }] });
    const foreign = await authorize(call, OTHER, request_uri);
    expect(refusal(foreign)).toEqual(['EMU-FOREIGN-REQUEST-URI', 'BAD_REQUEST', 'invalid_request_uri']);
  });

  it('emulator: parRequired of the service refuses what was not pushed, without a redirect', async () => {
    expect((await direct({})).body['action']).toBe('INTERACTION');
    emulator.set({ service: { parRequired: true } });
    expect(refusal(await direct({}))).toEqual(['EMU-PAR-REQUIRED', 'BAD_REQUEST', 'invalid_request']);
    expect((await interaction(call, CLIENT)).body['action']).toBe('INTERACTION');
  });

  it('emulator: a mistake in a request that was not pushed goes back to the client, with state and iss', async () => {
    const answer = await direct({ response_type: 'token' });
    expect(answer.body['action']).toBe('LOCATION');
    expect(Object.fromEntries(redirectOf(answer))).toMatchObject({
      error: 'unsupported_response_type',
      state: 'the-state',
      iss: ISSUER,
    });
    expect((await direct({ redirect_uri: 'https://elsewhere.example/' })).body['action']).toBe('BAD_REQUEST');
    expect((await direct({ client_id: '1' })).body['action']).toBe('BAD_REQUEST');
  });

  it('emulator: INTERACTION says what was asked for, and leaves out what was not', async () => {
    emulator.set({ service: { supportedAcrs: ['silver', 'gold'] } });
    const claims = { id_token: { sub: { value: 'alice' }, acr: { essential: true, values: ['gold', 'lead'] } } };
    const { body } = await interaction(call, CLIENT, {
      prompt: 'login consent',
      max_age: '60',
      login_hint: 'al',
      ui_locales: 'fr de',
      scope: 'openid email unheard-of offline_access',
      claims: JSON.stringify(claims),
    });
    expect(body).toMatchObject({
      client: { clientId: 4711, clientName: 'A client' },
      service: { serviceName: 'A service' },
      scopes: ['openid', 'email', 'offline_access'].map(name => ({ name, description: expect.any(String) })),
      prompts: ['LOGIN', 'CONSENT'],
      maxAge: 60,
      loginHint: 'al',
      uiLocales: ['fr', 'de'],
      acrs: ['gold'],
      acrEssential: true,
      subject: 'alice',
      claims: ['email', 'email_verified'],
      idTokenClaims: JSON.stringify(claims.id_token),
    });
    const plain = (await interaction(call, CLIENT, { scope: 'openid offline_access' })).body;
    expect((await interaction(call, CLIENT, { scope: 'unheard-of' })).body).not.toHaveProperty('scopes');
    expect(plain).toMatchObject({ maxAge: 0, acrEssential: false, scopes: [{ name: 'openid' }] });
    for (const name of ['prompts', 'acrs', 'subject', 'loginHint', 'uiLocales', 'claims']) {
      expect(plain).not.toHaveProperty(name);
    }
  });

  it('emulator: acr_values and the client’s defaults are wishes; an essential acr that nobody supports is refused', async () => {
    emulator.set({ service: { supportedAcrs: ['silver'] }, client: { clientId: '4711', defaultAcrs: ['silver'] } });
    expect((await interaction(call, CLIENT)).body).toMatchObject({ acrs: ['silver'], acrEssential: false });
    expect((await interaction(call, CLIENT, { acr_values: 'lead' })).body).not.toHaveProperty('acrs');
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: 'lead' } } });
    for (const answer of [await direct({ claims }), await interaction(call, CLIENT, { claims })]) {
      expect(answer.body['action']).toBe('LOCATION');
      expect(redirectOf(answer).get('error')).toBe('unmet_authentication_requirements');
    }
  });

  it('emulator: code id_token is answered behind the #, form_post with a page', async () => {
    const hybrid = await interaction(call, CLIENT, { response_type: 'code id_token' });
    const issued = await issue(call, hybrid.body['ticket']);
    expect(issued.body['responseContent']).toMatch(/^https:\/\/client\.example\/callback#/);
    expect([...redirectOf(issued).keys()]).toEqual(['code', 'id_token', 'state', 'iss']);
    const posted = await interaction(call, CLIENT, { response_mode: 'form_post', state: '"><i>' });
    const page = (await issue(call, posted.body['ticket'])).body;
    expect(page['action']).toBe('FORM');
    expect(page['responseContent']).toContain('name="state" value="&#34;&#62;&#60;i&#62;"');
  });
});

describe('a ticket', () => {
  it('emulator: is dead after issue or fail, after a day, and for a request_uri that another ticket has used', async () => {
    const requestUri = await pushedUri(call, CLIENT);
    const [first, second] = [await authorize(call, CLIENT, requestUri), await authorize(call, CLIENT, requestUri)];
    const fail = (ticket: unknown, reason = 'DENIED') => call('auth/authorization/fail', { ticket, reason });
    expect(redirectOf(await fail(first.body['ticket'])).get('error')).toBe('access_denied');
    expect(refusal(await issue(call, first.body['ticket']))[0]).toBe('EMU-TICKET');
    expect(refusal(await issue(call, second.body['ticket']))).toEqual([
      'A008303',
      'BAD_REQUEST',
      'invalid_request_uri',
    ]);
    const { body } = await interaction(call, CLIENT);
    expect(refusal(await fail(body['ticket'], 'BORED'))[0]).toBe('EMU-REASON');
    advance(24 * 60 * 60);
    expect(refusal(await issue(call, body['ticket']))[0]).toBe('EMU-TICKET');
  });
});
