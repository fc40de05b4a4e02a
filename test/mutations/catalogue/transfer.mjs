const trailers = 'src/bff/api-proxy/trailers.ts';
const headers = 'src/bff/api-proxy/headers.ts';
const expectation = 'src/bff/expectation.ts';
const tests = 'test/api-proxy-transfer.spec.ts';

const entry = (rule, what, file, find, replace) => ({ rule, what, file, find, replace, tests });

export default [
  {
    rule: 'S1',
    what: 'a body that nobody reads holds no connection',
    file: 'src/bff/edge.middleware.ts',
    find: 'limitUnread(request, response);',
    replace: '',
    tests: 'test/unread-body.e2e-spec.ts',
    name: 'S1: also where nobody refused it',
  },
  {
    ...entry(
      'S1',
      'what ends with its connection never ends regularly before it’s whole',
      'src/bff/break-off.ts',
      "req.httpVersion === '1.0' && ",
      'false && ',
    ),
    name: 'S1: never looks whole',
  },
  {
    ...entry(
      'S1',
      'nor does what a host had begun when it failed',
      'src/bff/error.filter.ts',
      'if (!response.writableEnded) breakOff(response);',
      'response.destroy();',
    ),
    tests: 'test/errors-host.spec.ts',
  },
  {
    ...entry(
      'S1',
      'what it had answered whole goes on its way',
      'src/bff/error.filter.ts',
      'if (!response.writableEnded) breakOff',
      'breakOff',
    ),
    tests: 'test/errors-host.spec.ts',
  },
  entry('B25', 'a trailer is announced', trailers, 'isNamed(field, ...names) && ', ''),
  entry('B16', 'no trailer says the token', trailers, ' && !secrets.some(secret => field[1].includes(secret))', ''),
  entry(
    'B25',
    'a trailer says nothing of the origin or the answer',
    headers,
    'isForTheBrowser(name) && !isAboutMore(name) && !NEVER',
    'isForTheBrowser(name) && !NEVER',
  ),
  entry(
    'B26',
    'a trailer says nothing to shared caches',
    headers,
    'isForTheBrowser(name) && !isAboutMore(name) && !NEVER',
    '!isAboutMore(name) && !NEVER',
  ),
  entry('B17', 'a trailer sets no cookie', headers, "'vary', 'set-cookie', ", "'vary', "),
  entry('S1', 'trailers come in chunks alone', trailers, " && httpVersion === '1.1'", ''),
  entry(
    'S1',
    'an answer without content has no trailers',
    trailers,
    "method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304",
    'true',
  ),
  {
    ...entry('S1', 'nor has a 101', trailers, 'status >= 200 && ', ''),
    tests: 'test/websockets.e2e-spec.ts',
    name: 'S1: has no trailers',
  },
  {
    ...entry(
      'S1',
      'a head that can’t be written takes no body from the answer instead',
      'src/bff/api-proxy/answer-head.ts',
      ' && !isBare(status)',
      '',
    ),
    tests: 'test/api-proxy-answers.spec.ts',
    name: 'S1: a head',
  },
  {
    ...entry(
      'S1',
      'a head that can’t be written leaves no reason phrase',
      'src/bff/api-proxy/answer-head.ts',
      "response.statusMessage = '';",
      '',
    ),
    tests: 'test/api-proxy-answers.spec.ts',
    name: 'S1: a head',
  },
  entry(
    'B10',
    'nobody is told to go on before the checks',
    expectation,
    "request.once('resume', () => {",
    '[0].forEach(() => {',
  ),
];
