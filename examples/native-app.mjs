#!/usr/bin/env node
// A native app that logs its user in, the way of RFC 8252: the system's browser, PKCE, no secret, and the way back through loopback.
//
//   node examples/native-app.mjs http://127.0.0.1:3011 native-app [--print] [--scope 'openid profile'] [--port 0] [--timeout 300]
//
// It doesn't use the BFF. A BFF keeps tokens away from a browser's scripts, behind a cookie that only a browser has; a native app is a
// process of its own and keeps them itself. What it needs is a request that nobody can read or change on its way through the browser.
// Pushing it (RFC 9126) does that, for a public client too: the browser's URL holds client_id and request_uri alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import * as client from 'openid-client';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    print: { type: 'boolean', default: false }, // print the URL, open no browser
    scope: { type: 'string', default: 'openid profile' },
    port: { type: 'string', default: '0' }, // 0: any free one; the server lets it vary (RFC 8252 §7.3)
    timeout: { type: 'string', default: '300' }, // seconds for the person in the browser
  },
});

async function logIn(issuer, clientId) {
  const config = await discover(issuer, clientId);
  const { server, redirectUri } = await listen(Number(values.port));
  const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
  try {
    const url = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: redirectUri,
      scope: values.scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    if (values.print) console.log(url.href);
    else open(url.href);
    const signal = AbortSignal.timeout(Number(values.timeout) * 1000);
    const [path, response] = await once(server, 'callback', { signal });
    // Checks state, iss (RFC 9207) and the ID token; without the verifier the code is worth nothing (RFC 7636).
    const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
    const exchange = client.authorizationCodeGrant(config, new URL(path, redirectUri), checks);
    const isDone = await exchange.then(Boolean, () => false);
    response.end(`${isDone ? 'You are logged in.' : 'The login failed: the app says why.'} Close this window.\n`);
    const tokens = await exchange; // the app's own now, and nobody needs to see them
    return await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  } finally {
    server.close();
    setTimeout(() => server.closeAllConnections(), 1000).unref(); // browsers connect ahead of need, and stay
  }
}

/** A public client authenticates with nothing: a secret inside an app that everybody can download is none (RFC 8252 §8.5). */
function discover(issuer, clientId) {
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(issuer).hostname);
  const execute = isLoopback ? [client.allowInsecureRequests] : []; // plain http on this machine only
  return client.discovery(new URL(issuer), clientId, undefined, client.None(), { execute });
}

/** 127.0.0.1, not localhost, so that nobody else answers (RFC 8252 §8.3). It takes one callback, and judges nothing. */
async function listen(port) {
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8').setHeader('Connection', 'close');
    const isCallback = request.url.split('?')[0] === '/callback';
    if (isCallback && server.emit('callback', request.url, response)) return; // somebody was waiting for it
    response.writeHead(404).end('Nothing here.\n');
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { server, redirectUri: `http://127.0.0.1:${server.address().port}/callback` };
}

/** The system's browser, never a web view, where an app could read what is typed (RFC 8252 §8.12). No shell sees the URL. */
function open(url) {
  const openers = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] };
  const [command, ...before] = openers[process.platform] ?? ['xdg-open'];
  const opener = spawn(command, [...before, url], { stdio: 'ignore', detached: true });
  opener.on('error', () => console.error(`No browser opens here (${command}). Open this address yourself:\n${url}`));
  opener.unref();
}

/** For the person who runs it: who failed, and why, without a value of the login. */
function explain({ code, error, error_description: description, message, cause }) {
  if (code === 'ABORT_ERR') return `nobody came back from the browser within ${values.timeout} seconds`;
  if (code === 'EADDRINUSE') return `port ${values.port} is taken; without --port a free one is found`;
  if (error === 'access_denied') return 'the login was denied in the browser';
  if (error) return `the server refused it, ${error}: ${description ?? 'it says no more'}`;
  if (message === 'fetch failed') return `the server can’t be reached (${cause?.code})`;
  return [message, cause?.message ?? cause?.status].filter(Boolean).join(': '); // an answer has a status
}

const [issuer, clientId] = positionals;
if (!clientId) throw new Error('usage: native-app.mjs <issuer> <client_id>, and see its first lines');
try {
  const { sub, name = sub } = await logIn(issuer, clientId);
  console.log(`Logged in as ${name} (${sub}).`);
} catch (error) {
  console.error(`Not logged in: ${explain(error)}.`);
  process.exitCode = 1;
}
