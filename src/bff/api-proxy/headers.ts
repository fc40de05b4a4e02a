// What passes between the browser and an API, field by field. Nowhere else is a header let through, dropped or added, but for a WebSocket’s handshake.
import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { clientAddressOf } from '../client-address.js';
import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import type { ApiTarget } from './api-route.js';
import { privateCacheControl } from './cache-control.js';
import { endToEnd, type Field, fieldsOf, isNamed, merged, valuesOf } from './fields.js';
import type { ApiAnswer } from './exchange.js';
import { publicLocation } from './location.js';
import { remembered } from './remembered.js';
import { withoutBrokenTrace } from './trace-context.js';

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1: for one connection only, as is whatever `Connection` itself names. */
const HOP_BY_HOP = named(
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'sec-websocket-.*',
  'proxy-.*',
);

/**
 * What the browser says to us and not to the API. `Content-Length` is said again with the body (RFC 9112 §6.3), `Expect` is answered by us
 * (RFC 9110 §10.1.1), `Max-Forwards` counts hops to the one that answers TRACE, which we do (§7.6.2), and `Sec-` is about the browser's page
 * (https://fetch.spec.whatwg.org/#forbidden-request-header).
 */
const FOR_US = [
  named('host', 'cookie2?', 'authorization', 'dpop', 'x-csrf', 'x-session-passive', 'content-length', 'expect'),
  named('max-forwards'),
  named('origin', 'referer', 'sec-.*', 'access-control-.*', 'service-worker'),
];

/**
 * Where a request comes from, whose it is and whose certificate it had is said by us alone (RFC 7239 §8.1, RFC 9440 §4); nothing stands in for the checked
 * method and path, nor names a second one (`Destination`, RFC 4918 §10.3). There's no `Via` of ours: nginx doesn't compress for whoever sends one.
 */
const FOR_PROXIES_TO_SAY = [
  named('forwarded', 'via', 'x-forwarded.*', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip'),
  named('cf-connecting-ip', 'fastly-client-ip', 'client-cert.*', 'x-original-.*', 'x-rewrite-.*', '(?:x-)?remote-.*'),
  named('x-http-method.*', 'x-method-override', 'destination', 'x-host', 'x-middleware-.*', 'x-envoy-.*'),
  // whom the gateways of clouds and meshes say that they have let in
  named(
    'x-amzn-oidc-.*',
    'x-amzn-mtls-.*',
    'x-goog-.*',
    'x-ms-client-principal.*',
    'x-auth-request-.*',
    'cf-access-.*',
  ),
  named('oidc-.*', 'tailscale-.*', 'x-webauth-.*', 'x-authenticated-.*', 'x-ssl-.*', 'ssl-.*', 'x-client-cert.*'),
  // CGI hands it on as HTTP_PROXY, which programs take for the proxy of their own calls (CVE-2016-5385)
  named('proxy'),
];

/** The fields of the forwarded request, without those of its body and of its authorization. */
export function requestFields(request: IncomingMessage, frontend: Frontend): Field[] {
  const passed = endToEnd(fieldsOf(request.rawHeaders)).filter(([name]) => isForTheApi(name));
  return [...withoutBrokenTrace(passed), ['Forwarded', forwarded(request, frontend)]];
}

const isForTheApi = remembered(name => {
  // CGI and WSGI read `X_Real_IP` as `X-Real-IP` (RFC 3875 §4.1.18).
  const asRead = name.replaceAll('_', '-');
  return ![HOP_BY_HOP, ...FOR_US, ...FOR_PROXIES_TO_SAY].some(pattern => pattern.test(asRead));
});

function forwarded(request: IncomingMessage, frontend: Frontend): string {
  return `for=${nodeName(clientAddressOf(request))};host="${frontend.host}";proto=${frontend.scheme}`;
}

/**
 * https://www.rfc-editor.org/rfc/rfc7239#section-6: an address or `unknown`, whatever a trusted proxy has heard. Colons and brackets are no token
 * characters, so they're quoted; a zone is this machine's own affair.
 */
const nodeName = remembered(address => {
  if (isIPv6(address)) return `"[${address.replace(/%.*$/, '')}]"`;
  return isIPv4(address) ? address : 'unknown';
});

/**
 * They're about the whole origin, which is the app's: an API may not set its transport security, its storage, service workers, logins, reports, client
 * hints or CORS, nor say what runs behind it, nor steer the web server in front of it. No route opts out (B24, B25).
 */
const ABOUT_THE_ORIGIN = [
  named('access-control-.*', 'timing-allow-origin', 'strict-transport-security', 'expect-ct', 'public-key-pins.*'),
  named('clear-site-data', 'service-worker-.*', 'refresh', 'alt-svc', 'report-to', 'reporting-endpoints', 'nel'),
  named(
    'www-authenticate',
    'authentication-info',
    'dpop-nonce',
    'set-cookie2',
    'set-login',
    'sec-.*',
    'secure-session-.*',
  ),
  named('accept-ch', 'critical-ch', 'use-as-dictionary', 'origin-agent-cluster', 'speculation-rules', 'attribution-.*'),
  named('server', 'via', 'x-powered-by', 'x-aspnet.*', '(?:x-)?sourcemap', 'x-sendfile', 'x-accel-(?!buffering$).*'),
];

/** They're about this answer: a route with `passSecurityHeaders` answers for them itself. */
const ABOUT_THE_ANSWER = [
  named('content-security-policy.*', 'x-content-type-options', 'x-frame-options', 'x-xss-protection'),
  named('cross-origin-.*', 'referrer-policy', 'permissions-policy', 'document-policy'),
];

/** For caches that several people share (B26; RFC 9213 on targeted fields); and `Expires`, which can't say who may keep the answer. */
const FOR_SHARED_CACHES = named('.*cdn-cache-control', 'surrogate-.*', 'edge-control', 'expires');

const isForTheBrowser = remembered(name => !HOP_BY_HOP.test(name) && !FOR_SHARED_CACHES.test(name));
const isAboutTheOrigin = remembered(name => ABOUT_THE_ORIGIN.some(pattern => pattern.test(name)));
const isAboutMore = remembered(name => [...ABOUT_THE_ORIGIN, ...ABOUT_THE_ANSWER].some(pattern => pattern.test(name)));

/** It has to be known before the content (https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1), or a head says it otherwise than the API does. */
const NEVER_AT_THE_END = [
  named('content-.*', 'location', 'cache-control', 'vary', 'set-cookie', 'authorization', 'host', 'max-forwards'),
  named('age', 'date', 'pragma', 'retry-after', 'range', 'if-.*', 'accept-.*', 'expect', 'cookie'),
];

/** Of a field after the content, whatever the route says of those before it. */
export const mayTrail = remembered(
  name => isForTheBrowser(name) && !isAboutMore(name) && !NEVER_AT_THE_END.some(pattern => pattern.test(name)),
);

export interface PassedAnswer {
  fields: Field[];
  /** Names of what was dropped for the browser's safety, in lower case. */
  stripped: string[];
}

/** `secrets`: what an API may have been told and the browser mustn't be. Throws `api_redirect_refused` or `api_response_invalid`. */
export function responseFields(
  { status, rawHeaders }: Pick<ApiAnswer, 'status' | 'rawHeaders'>,
  target: ApiTarget,
  frontend: Frontend,
  secrets: readonly string[],
): PassedAnswer {
  const { options } = target.route;
  const isRefused = options.passSecurityHeaders ? isAboutTheOrigin : isAboutMore;
  const isUnsafe = (field: Field): boolean =>
    isRefused(field[0]) ||
    (isNamed(field, 'set-cookie') && !(options.passSetCookie && mayBeSet(field[1], frontend))) ||
    (!isNamed(field, 'location') && secrets.some(secret => field[1].includes(secret)));
  const answer = endToEnd(fieldsOf(rawHeaders)).filter(([name]) => isForTheBrowser(name));
  const unsafe = answer.filter(isUnsafe);
  const safe = unsafe.length === 0 ? answer : answer.filter(field => !unsafe.includes(field));
  return {
    fields: [
      ...safe.filter(field => !isNamed(field, 'location', 'content-location', 'cache-control', 'vary')),
      ...location(valuesOf(safe, 'location'), status, target, secrets),
      ...contentLocation(valuesOf(safe, 'content-location'), target, secrets),
      ['Cache-Control', privateCacheControl(valuesOf(safe, 'cache-control'))],
      ['Vary', merged([...valuesOf(safe, 'vary'), 'Cookie', ...(options.navigable ? ['Sec-Fetch-Dest'] : [])])],
      ...(options.passSecurityHeaders ? [] : protection(frontend)),
    ],
    stripped: unsafe.length === 0 ? [] : [...new Set(unsafe.map(([name]) => name.toLowerCase()))],
  };
}

/** An API's HTML or SVG, opened in a tab, would run as the app: so it gets an origin of its own and no sub-resources (B25). */
function protection(frontend: Frontend): Field[] {
  return [
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Security-Policy', "sandbox; default-src 'none'"],
    ['Cross-Origin-Resource-Policy', frontend.options.allowedOrigins.length > 0 ? 'same-site' : 'same-origin'],
  ];
}

function location(values: string[], status: number, target: ApiTarget, secrets: readonly string[]): Field[] {
  const [value, second] = values;
  if (second !== undefined) throw new BffError('api_response_invalid', { reason: 'more than one Location' });
  const shown = value === undefined ? undefined : publicLocation(value, status, target, secrets);
  return shown === undefined ? [] : [['Location', shown]];
}

/** It names what the answer shows (RFC 9110 §8.7) and redirects nobody: a place that isn't the browser's to know is left out (B27). */
function contentLocation(values: string[], target: ApiTarget, secrets: readonly string[]): Field[] {
  const shown = values.map(value => publicLocation(value, 200, target, secrets));
  return shown.flatMap((place): Field[] => (place === undefined ? [] : [['Content-Location', place]]));
}

/** Never our own names. A nameless cookie may count as one: it's sent back as its bare value, which can look like `name=value` (RFC 6265bis §5.7). */
function mayBeSet(setCookie: string, frontend: Frontend): boolean {
  const name = /^([^=;]*)=/.exec(setCookie)?.[1]?.trim() ?? '';
  return name !== '' && !/^__(?:host-)?http-/i.test(name) && !frontend.ownCookieName(name);
}

function named(...patterns: string[]): RegExp {
  return new RegExp(`^(?:${patterns.join('|')})$`, 'i');
}
