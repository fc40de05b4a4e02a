const tests = 'test/api-routes.e2e-spec.ts';
const rules = 'src/bff/api-proxy/route-rules.ts';
const route = 'src/bff/api-proxy/api-route.ts';
const guard = 'src/bff/api-proxy/api.guard.ts';
const callToken = 'src/bff/api-proxy/call-token.ts';
const controller = 'src/bff/api-proxy/api-proxy.controller.ts';

const entry = (rule, what, file, find, replace, name) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests,
  ...(name && { name }),
});

const options = (what, file, find, replace) => ({
  rule: 'B15',
  what,
  file,
  find,
  replace,
  tests: 'test/bff.options-frontends.spec.ts',
});
const relations = 'src/bff/options/route-relations.ts';

export default [
  options(
    'requireSession that says nothing',
    relations,
    "if (token === 'user') return",
    "if (token === 'nobody') return",
  ),
  options('requireSession that contradicts', relations, "return token.startsWith('user-or-') ?", 'return false ?'),
  options('parameters of a token that isn’t sent', relations, "|| route.token !== 'none'", '|| true'),
  options('an exchange without a user’s token', relations, "|| token.startsWith('user')", '|| true'),
  options('links that need GET', relations, '!navigable || methods', 'true || methods'),
  options('methods that are parsed', 'src/bff/options/route-values.ts', " && method !== 'TRACE'", ''),
  options('paths are plain', 'src/bff/options/urls.ts', "value === '/' || isPlainPath(", 'true || isPlainPath('),
  entry('B10', 'requireSession', controller, ' && !requireSession', ''),
  entry('B17', 'a route without a token sends none', callToken, "session && route.options.token !== 'none'", 'session'),
  entry('B17', 'a client route sends no user’s token', callToken, "token === 'client' || (", 'false || ('),
  entry('B17', 'user-or-client sends the user’s', callToken, ' && session === undefined)', ')'),
  entry('B15', 'a route’s methods', rules, '(methods?.includes(method) ?? true)', 'true'),
  entry(
    'B15',
    'a route’s paths',
    route,
    "if (route.paths && !route.paths.test(atLeastSlash(below))) throw new BffError('unknown_api_route');",
    '',
  ),
  entry(
    'B15',
    'a path’s whole text is compared',
    rules,
    "`^(?:${paths.map(patternOf).join('|')})$`",
    "paths.map(patternOf).join('|')",
  ),
  entry('B15', 'a wildcard is one segment', rules, "return '[^/]+';", "return '.+';"),
  entry('B15', 'a dot is a dot', rules, "segment.replaceAll('.', '\\\\.')", 'segment'),
  entry('B10', 'links of the app’s own pages alone', guard, "site === 'same-origin' && ", ''),
  ...[
    ['a navigable route gives no scripts', guard, 'SHOWN.includes(destination)', 'true'],
    ['whatever isn’t listed needs the header', guard, 'SHOWN.includes(destination)', "destination !== 'script'"],
    ['a browser that says no destination isn’t believed', guard, "destination = ''", "destination = 'image'"],
    ['only a navigation is a download', guard, " && mode === 'navigate'", ''],
    ['only a download names no destination', guard, "destination === 'empty' && ", ''],
    [
      'what a link left in the cache is no script’s',
      'src/bff/api-proxy/headers.ts',
      "options.navigable ? ['Sec-Fetch-Dest'] : []",
      '[]',
    ],
  ].map(([what, file, find, replace]) => entry('B25', what, file, find, replace, 'a navigable route')),
  entry('B10', 'what another origin asks for is no link', guard, "refusal === 'csrf_header_missing' && ", ''),
  entry('B12', 'no header only where the route is navigable', rules, 'navigable && (method', '(method'),
  entry(
    'B12',
    'no header only for GET and HEAD',
    rules,
    "navigable && (method === 'GET' || method === 'HEAD')",
    'navigable',
  ),
];
