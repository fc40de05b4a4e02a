const consent = 'test/authlete-interaction-consent.e2e-spec.ts';
const silent = 'test/authlete-authorization-silent.e2e-spec.ts';
const bounds = 'test/authlete-interaction-bounds.e2e-spec.ts';
const endpoint = 'test/authlete-authorization.e2e-spec.ts';
const authorization = 'src/authlete/endpoints/authorization.controller.ts';
const room = 'src/authlete/interaction/';

const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });
const remembered = (what, find) => entry('E9', `a consent covers ${what}`, `${room}login.ts`, find, '', consent);
const shown = (what, find, replace = '') =>
  entry('E9', `the page lists ${what}`, `${room}pages.ts`, find, replace, consent);

export default [
  remembered('dynamic scopes', ', ...dynamicScopes'),
  remembered('resources', "...of('resource', resources),"),
  remembered('claims of the ID token', "...of('claim', claims),"),
  remembered('claims at the userinfo endpoint', "...of('userinfo', claimsAtUserInfo),"),
  shown('dynamic scopes', '...dynamicScopes.map(', '...dynamicScopes.slice(99).map('),
  shown('resources', '...resources.map(', '...resources.slice(99).map('),
  shown('claims of the ID token', '...request.claims, '),
  shown('claims at the userinfo endpoint', ', ...request.claimsAtUserInfo'),
  entry('E9', 'a public client gets nothing in silence', `${room}login.ts`, 'request.isPublic || ', '', silent),
  entry('E9', 'max_age=00 is 0', `${room}authorization-request.ts`, 'Number(asked) === 0', "asked === '0'", silent),
  entry(
    'E10',
    'a denial takes back a consent',
    `${room}interactions.ts`,
    '(agreed ? consent : withdraw)(session.login, taken.request)',
    'agreed && consent(session.login, taken.request)',
    consent,
  ),
  entry(
    'E7',
    'a long login_hint is dropped',
    `${room}authorization-request.ts`,
    ' && hint.length <= LONGEST_HINT',
    '',
    bounds,
  ),
  entry(
    'E7',
    'a large request isn’t kept',
    `${room}interactions.ts`,
    'const LARGEST = 8192',
    'const LARGEST = 1e6',
    bounds,
  ),
  entry(
    'E7',
    'a session without a login goes soon',
    'src/authlete/session-store.ts',
    'UNUSED.loggedIn : UNUSED.anonymous',
    'UNUSED.loggedIn : UNUSED.loggedIn',
    bounds,
  ),
  entry('E8', 'another site’s long form ends', authorization, 'query.length > LONGEST_QUERY', 'false', endpoint),
  entry('E8', 'an old browser tells the origin', authorization, 'origin !== this.options.issuer', 'false', endpoint),
  entry('E9', 'a # is a part of the form', authorization, ".replaceAll('#', '%23')", '', endpoint),
  entry('E8', 'format characters are shown', `${room}html.ts`, '[\\p{C}\\p{Zl}\\p{Zp}]', '[\\p{Zl}\\p{Zp}]', consent),
  entry('E8', 'line separators are shown', `${room}html.ts`, '\\p{Zl}', '', consent),
  entry('E8', 'lines stay lines', `${room}html.ts`, '(?!\\n)', '', consent),
  ...['description', 'name', 'value', 'resource', "claims.join(', ')", 'detail'].map(what =>
    entry('E8', `hidden characters of ${what} are shown`, `${room}pages.ts`, `visible(${what})`, what, consent),
  ),
  ...['to continue to <strong>', '<p><strong>'].map(before =>
    entry(
      'E8',
      `hidden characters of the client’s name are shown in ${before}`,
      `${room}pages.ts`,
      `${before}\${visible(request.clientName)}`,
      `${before}\${request.clientName}`,
      consent,
    ),
  ),
];
