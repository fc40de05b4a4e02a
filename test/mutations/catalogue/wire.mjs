// What a client may write, byte for byte.
const path = 'src/bff/api-proxy/api-path.ts';
const headers = 'src/bff/api-proxy/headers.ts';

/** The tables that see it. */
const GROUP = { [path]: 'paths|targets', [headers]: 'hosts|fields' };

const entry = (rule, what, file, find, replace) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests: 'test/api-proxy-hostile.e2e-spec.ts',
  name: `hostile (?:${GROUP[file] ?? 'framing|fields|methods|targets'}), .*\\b${rule}\\b`,
});

/** Seen elsewhere. */
const seenIn = (tests, { name: _name, ...rest }) => ({ ...rest, tests });

export default [
  entry('B14', 'a query has the characters of one', path, ' || !QUERY.test(query.slice(1))', ''),
  entry('B14', 'wide characters are read as what they look like', path, ", reading.normalize('NFKC')", ''),
  // Express refuses such a path, too
  seenIn(
    'test/api-proxy-path.spec.ts',
    entry(
      'B14',
      'a segment is UTF-8',
      path,
      "throw new BffError('api_path_refused', { cause });",
      "return cause ? '' : '';",
    ),
  ),
  entry(
    'B14',
    'nobody decodes for ever',
    path,
    "if (readings.length === DECODINGS) throw new BffError('api_path_refused');",
    'if (readings.length === DECODINGS) break;',
  ),
  entry('B14', 'blanks around dots are dropped', path, '/^\\s*\\.{1,2}\\s*$/', '/^\\.{1,2}$/'),
  entry(
    'S4',
    'no further transfer coding',
    'src/bff/api-proxy/api-proxy.controller.ts',
    'refuseTransferCodings(request);\n',
    '\n',
  ),
  entry(
    'S4',
    'a body has one type',
    'src/bff/api-proxy/request-body.ts',
    "if (types.length > 1) throw new BffError('invalid_request', { reason: 'two types' });",
    '',
  ),
  seenIn(
    'test/api-proxy-response.spec.ts',
    entry(
      'B27',
      'a Content-Location out of the route is nobody’s to know',
      headers,
      'publicLocation(value, 200, target, secrets)',
      'value',
    ),
  ),
  entry('B17', 'hop-by-hop fields end here', headers, "  'keep-alive',\n  'te',\n  'trailer',\n", ''),
  entry(
    'B17',
    'what Connection names ends here',
    'src/bff/api-proxy/fields.ts',
    "membersOf(valuesOf(fields, 'connection'))",
    "membersOf(valuesOf(fields, 'x-none'))",
  ),
  entry(
    'B17',
    'what the browser says of its page is for us',
    headers,
    "named('origin', 'referer', 'sec-.*', 'access-control-.*', ",
    'named(',
  ),
  entry('B17', 'the custom header is for us', headers, "'x-csrf', 'x-session-passive', ", ''),
  entry('B13', 'nothing stands in for the path', headers, "'x-original-.*', 'x-rewrite-.*', ", ''),
  entry('B13', 'nothing stands in for the host', headers, "'x-forwarded.*', ", ''),
  entry('B13', 'no second path goes on', headers, "'destination', ", ''),
  entry('B17', 'nobody’s user is passed on', headers, "'x-goog-.*',", ''),
  entry(
    'S4',
    'a version that nobody speaks is refused',
    'src/bff/edge.middleware.ts',
    "if (request.httpVersionMajor !== 1) throw new BffError('invalid_request');",
    '',
  ),
  entry(
    'S4',
    'two values in Sec-Fetch-Site are none that is known',
    'src/bff/csrf.guard.ts',
    "return site === undefined || site === 'same-origin' || site === 'same-site' || site === 'none';",
    "return site !== 'cross-site';",
  ),
  seenIn(
    'test/api-proxy-ways.e2e-spec.ts',
    entry(
      'B27',
      'a redirect stays inside the route by whole segments',
      'src/bff/api-proxy/location.ts',
      'isWithin(url.pathname, route.upstreamPath)',
      'url.pathname.startsWith(route.upstreamPath)',
    ),
  ),
  seenIn(
    'test/api-proxy-ways.e2e-spec.ts',
    entry(
      'B15',
      'the longest route decides',
      'src/bff/api-proxy/api-route.ts',
      'b.publicPath.length - a.publicPath.length',
      'a.publicPath.length - b.publicPath.length',
    ),
  ),
];
