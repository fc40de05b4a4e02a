const path = 'src/bff/api-proxy/api-path.ts';
const route = 'src/bff/api-proxy/api-route.ts';
const headers = 'src/bff/api-proxy/headers.ts';
const trace = 'src/bff/api-proxy/trace-context.ts';
const location = 'src/bff/api-proxy/location.ts';
const controller = 'src/bff/api-proxy/api-proxy.controller.ts';
const rules = 'src/bff/api-proxy/route-rules.ts';

/** The quickest that see it. */
const TESTS = {
  [path]: 'test/api-proxy-path.spec.ts',
  [route]: 'test/api-proxy-path.spec.ts',
  [headers]: ['test/api-proxy.e2e-spec.ts', 'test/api-proxy-response.spec.ts'],
  [location]: 'test/api-proxy-response.spec.ts',
  [controller]: 'test/api-proxy.e2e-spec.ts',
  [rules]: 'test/api-proxy.e2e-spec.ts',
};
const OTHERS = ['test/api-proxy-response.spec.ts', 'test/api-proxy-streams.spec.ts'];

const entry = (rule, what, file, find, replace, name) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests: TESTS[file] ?? OTHERS,
  ...(name && { name }),
});

export default [
  entry(
    'B10',
    'a call needs a session',
    controller,
    "if (!session && !token.startsWith('user-or-')) throw new BffError('not_authenticated');",
    '',
  ),
  entry(
    'B13',
    'only a plain path is a target',
    path,
    "if (!PATH.test(path) || !QUERY.test(query.slice(1))) throw new BffError('api_path_refused');",
    '',
  ),
  entry('B13', 'the host is the route’s', route, 'origin: upstream.origin,', "origin: 'http://127.0.0.1:9',"),
  entry(
    'B14',
    'no segment reads differently when decoded',
    path,
    "path.slice(1).split('/').forEach(refuseAmbiguous);",
    '',
  ),
  entry('B14', 'no dot segment', path, 'isDotSegment(reading) || ', ''),
  entry('B14', 'no encoded separator', path, ' || SEPARATOR_OR_CONTROL.test(reading)', ''),
  entry(
    'B14',
    'an empty segment is the last one',
    path,
    "if (segment === '' && index < all.length - 1) throw new BffError('api_path_refused');",
    '',
  ),
  entry(
    'B14',
    'decoding is repeated',
    path,
    '/%[\\da-f]{2}/i.test(latest); readings.push(latest)',
    'readings.length < 1; readings.push(latest)',
  ),
  entry('B14', 'no semicolon', path, '[/\\\\;\\u0000-\\u001f\\u007f]', '[/\\\\\\u0000-\\u001f\\u007f]'),
  entry(
    'B15',
    'a path that no route covers goes nowhere',
    route,
    'routes.find(each => isWithin(path, each.publicPath));',
    'routes.find(each => isWithin(path, each.publicPath)) ?? routes[0];',
  ),
  ...[
    [
      'no other spelling of a nested route',
      "if (isAnothers(path, route, routes)) throw new BffError('api_path_refused');",
      '',
    ],
    ['another case is another spelling', '/[%A-Z]|', '/%|'],
    ['an escape is another spelling', '/[%A-Z]|', '/[A-Z]|'],
    ['a dot at the end is another spelling', '|\\.(?:\\/|$)', ''],
    [
      'routes that differ in case are two',
      'each.publicPath.length > publicPath.length && ',
      'each.publicPath !== publicPath && ',
    ],
    ['a route’s own case doesn’t matter', 'isWithin(read, each.loosePath)', 'isWithin(read, each.publicPath)'],
  ].map(([what, find, replace]) => entry('B15', what, route, find, replace)),
  ...[
    ['a nested route is found by what is decoded', 'readingsOf(segment).at(-1)', 'segment'],
    ['to the end', 'readingsOf(segment).at(-1)', 'readingsOf(segment)[0]'],
    ['wide letters are letters', ".normalize('NFKD')", ''],
    ['accents are nothing', ".replace(/\\p{M}/gu, '')", ''],
    ['letters that are ASCII in upper case alone', '.toUpperCase()', '.toLowerCase()'],
    ['no dots at the end', ".replace(/(?<![\\s.])[\\s.]+$/, '')", ''],
    ['no blanks', '.trim()', ''],
  ].map(([what, find, replace]) => entry('B15', what, path, find, replace)),
  entry('B15', 'routes cover whole segments', route, 'path.startsWith(`${prefix}/`)', 'path.startsWith(prefix)'),
  entry('B17', 'no cookie goes to the API', headers, "'cookie2?', ", ''),
  entry('B17', 'no Authorization of the browser’s goes to the API', headers, "'authorization', 'dpop', ", ''),
  entry(
    'B17',
    'Set-Cookie is dropped',
    headers,
    "(isNamed(field, 'set-cookie') && !(options.passSetCookie && mayBeSet(field[1], frontend)))",
    'false',
  ),
  entry('B17', 'none of our own names is set by an API', headers, ' && mayBeSet(field[1], frontend)', ''),
  entry(
    'B16',
    'no field repeats the token',
    headers,
    "(!isNamed(field, 'location') && secrets.some(secret => field[1].includes(secret)))",
    'false',
  ),
  entry(
    'B16',
    'no Location carries the token',
    location,
    'holdsAny(secrets, value) ? undefined : shownLocation(value, target)',
    'shownLocation(value, target)',
  ),
  entry('B20', 'the client’s address is said by us alone', headers, ', ...FOR_PROXIES_TO_SAY].some', '].some'),
  {
    ...entry('B20', 'a broken trace goes no further', headers, '...withoutBrokenTrace(passed), ', '...passed, '),
    tests: 'test/api-proxy-names.spec.ts',
  },
  {
    ...entry('B20', 'a trace is one of the standard’s form', trace, 'TRACEPARENT.test(parent[1])', 'parent[1]'),
    tests: 'test/api-proxy-names.spec.ts',
  },
  {
    ...entry('B13', 'nothing stands in for the method', headers, "'x-http-method.*', 'x-method-override', ", ''),
    tests: 'test/api-proxy-names.spec.ts',
  },
  {
    ...entry('B25', 'what runs behind isn’t said', headers, "named('server', 'via', 'x-powered-by', ", 'named('),
    tests: 'test/api-proxy-names.spec.ts',
  },
  {
    ...entry('B25', 'nor what runs here', 'src/bff/bff.module.ts', ".disable('x-powered-by');", ';'),
    tests: 'test/api-proxy-names.spec.ts',
  },
  entry('B24', 'Access-Control-* is dropped', headers, "named('access-control-.*', 'timing-allow-origin', ", 'named('),
  entry(
    'B25',
    'Clear-Site-Data and Service-Worker-Allowed are dropped',
    headers,
    "'clear-site-data', 'service-worker-.*', ",
    '',
  ),
  entry('B25', 'answers are sandboxed', headers, '...(options.passSecurityHeaders ? [] : protection(frontend)),', ''),
  entry('B25', 'no service worker', controller, 'refuseServiceWorkers(request);\n', '\n'),
  entry(
    'B25',
    'what Connection names is for us alone',
    'src/bff/api-proxy/fields.ts',
    'return fields.filter(field => !isNamed(field, ...named));',
    'return [...fields].slice(named.length * 0);',
  ),
  entry(
    'B26',
    'shared caches keep nothing',
    headers,
    "['Cache-Control', privateCacheControl(valuesOf(safe, 'cache-control'))],",
    "['Cache-Control', valuesOf(safe, 'cache-control').join(', ')],",
  ),
  entry('B26', 'Vary names Cookie', headers, "valuesOf(safe, 'vary'), 'Cookie',", "valuesOf(safe, 'vary'),"),
  entry(
    'B27',
    'a redirect out of the route is refused',
    location,
    'if (shown === undefined && status >= 300 && status < 400) {',
    'if (shown === undefined && status >= 900) {',
  ),
  entry('S1', 'TRACE is refused', rules, "method !== 'TRACE' && ", ''),
  entry(
    'S1',
    'an answer that breaks off has no regular end',
    'src/bff/api-proxy/answer-body.ts',
    'if (this.response) breakOff(this.response);',
    'this.response?.end();',
    'S1: an answer \\(.*that the API breaks off',
  ),
  entry(
    'S1',
    'an API that doesn’t move is given up',
    'src/bff/api-proxy/exchange.ts',
    'else this.abort(new TookTooLong());',
    'else this.timer?.refresh();',
    'S1: an API that doesn’t answer is a 504',
  ),
  entry(
    'S1',
    'a status that nobody knows is refused',
    'src/bff/api-proxy/answer-head.ts',
    "if (status > 599) throw new BffError('api_response_invalid', { reason: `status ${status}` });",
    '',
    'S1: a status out of range',
  ),
  {
    rule: 'B16',
    what: 'what was told in one sending isn’t shown after the next',
    file: 'src/bff/api-proxy/api-proxy.ts',
    find: 'secrets: call.told };',
    replace: 'secrets };',
    tests: 'test/tokens-rejected.e2e-spec.ts',
    name: 'B16: tells the browser neither token',
  },
];
