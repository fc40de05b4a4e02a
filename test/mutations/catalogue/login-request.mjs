const parameters = 'test/login-parameters.e2e-spec.ts';
const returnTo = 'test/return-to.spec.ts';
const guard = 'src/bff/csrf.guard.ts';
const file = 'src/bff/login/return-to.ts';
const requestParameters = 'src/bff/login/request-parameters.ts';
const loginParameters = 'src/bff/login-parameters.ts';

const entry = (rule, what, where, find, replace, tests) => ({ rule, what, file: where, find, replace, tests });

export default [
  entry('F7', 'a login is a navigation', guard, "mode !== 'navigate' || ", '', parameters),
  entry('F7', 'of a document, not of a frame', guard, "destination !== 'document' || ", '', parameters),
  entry('F7', 'and no prefetch', guard, ' || prefetch)', ')', parameters),
  entry('F7', 'no prompt=none from another site', requestParameters, "prompt === 'none' || ", '', parameters),
  entry(
    'F7',
    'no authorization details from another site',
    requestParameters,
    ' || asked !== undefined)',
    ')',
    'test/login-requests.e2e-spec.ts',
  ),
  entry(
    'P3',
    'the browser sets what’s on the closed list',
    loginParameters,
    'return isAllowed(options, name) && CHECKS[name](value);',
    'return !isAllowed(options, name) || CHECKS[name](value);',
    parameters,
  ),
  entry('P3', 'AUTHORIZATION_PARAMS aren’t the browser’s to weaken', loginParameters, ' && !fixed', '', parameters),
  entry('S4', 'a value follows its check', loginParameters, ' && CHECKS[name](value);', ';', parameters),
  entry(
    'S4',
    'a parameter comes once',
    requestParameters,
    'if (new Set(query.keys()).size !== query.size)',
    'if (query.size < 0)',
    parameters,
  ),
  entry(
    'S2',
    'another origin must be listed',
    file,
    'if (!url || !(home || frontend.allowsOrigin(url.origin))) throw',
    'if (!url) throw',
    returnTo,
  ),
  entry('S2', '`//host` isn’t a path', file, ' || /^\\/[/\\\\]/.test(normalised)', '', returnTo),
  entry(
    'S2',
    'no endpoint and no API route',
    file,
    "if (home && isOurs(url, frontend)) throw new BffError('invalid_return_to');",
    '',
    returnTo,
  ),
  entry(
    'S2',
    'whatever its encoding',
    file,
    'return decoded === path ? path : fullyDecoded(decoded);',
    'return path;',
    returnTo,
  ),
  entry('S2', 'with dot segments, too', file, '[path, posix.normalize(path)].some', '[path].some', returnTo),
  entry(
    'S2',
    'no backslash, blank or control character',
    file,
    'if (/[\\\\\\u0000-\\u0020\\u007f]/.test(value)) return undefined;',
    '',
    returnTo,
  ),
  entry(
    'S2',
    'no user name',
    file,
    "return url && url.username === '' && url.password === '' ? url : undefined;",
    'return url ?? undefined;',
    'test/login-bounds.e2e-spec.ts',
  ),
  entry('S2', '512 characters', file, 'normalised.length > LONGEST || ', '', returnTo),
];
