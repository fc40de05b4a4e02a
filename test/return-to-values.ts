const ENDPOINTS = '/login /callback /session /session/events /sessions /logout /logout/continue /api /jwks'.split(' ');

/** One a word; what holds white space itself stands in {@link BLANK}. */
const ELSEWHERE = String.raw`
  evil.example a/b ?x #x . .. ./a
  //evil.example ///evil.example ////evil.example /\evil.example \\evil.example \/evil.example
  /.//evil.example /..//evil.example /a/..//evil.example /%2e//evil.example /%2E%2e//evil.example /./\evil.example
  https://evil.example HTTPS://evil.example https:evil.example https:/evil.example http:///evil.example https:\\evil.example
  APP@evil.example APP:pw@evil.example/ APP.evil.example APP%40evil.example APP\@evil.example
  http://user@localhost:3000/ http://user:pw@localhost:3000/ http://localhost:3001/ https://localhost:3000/ http://127.0.0.1:3000/
  https://evil。example https://evil．example //evil｡example ／／evil.example ｈttps://evil.example
  javascript:alert(1) JaVaScRiPt:alert(1) data:text/html,x vbscript:x file:///etc/passwd blob:APP/x ws://localhost:3000/
  about:blank mailto:a@b http://[::1 http://%
`;

const BLANK = [
  '',
  ' ',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/ /evil.example\u0000',
  'java\tscript:alert(1)',
  '/\u2028/evil.example\n',
  '/a\r\nSet-Cookie: x=y',
  '/a\u007fb',
];

/** Values that some parser takes for another place, or that lead into the BFF. `app`: its origin. */
export function hostileReturnTo(app: string, prefix: string): string[] {
  const elsewhere = ELSEWHERE.replaceAll('APP', app).trim().split(/\s+/);
  return [...BLANK, ...elsewhere, ...ENDPOINTS.flatMap(endpoint => disguises(prefix + endpoint, app))];
}

/** The ways to write a path that some router takes for it. */
function disguises(path: string, app: string): string[] {
  const name = path.slice(1);
  const encoded = Buffer.from(name).toString('hex').replace(/../g, '%$&');
  return [
    `${path} ${path}/ ${path}/x ${path}?x=y ${path}#x ${path.toUpperCase()} /x/..${path} /.${path} ${app}${path}`,
    `/${encoded} /${encoded.toUpperCase()} /${encoded.replaceAll('%', '%25')} /${encoded.replaceAll('%', '%2525252525')}`,
    `/%2f${name} /%5c${name} /.%2f${name} /x%2f..%2f${name} /x/..%5c${name} /x/%252e%252e${path}`,
    `${path}%2fx ${path}%5Cx ${path}%09 ${path}%3fx ${path}%23 ${path};x ${path}/%2e%2e%2fx /%0a${name}`,
  ].flatMap(line => line.split(' '));
}

const PIECES = [
  String.raw`/ // \ /\ . .. /.. /../ %2f %2F %5c %2e %2e%2e %252f %252e %25 %09 %0a %00 %3f %23 %3b`,
  '@ : ; ? # & = [ ] | % ~ a orders evil.example login LOGIN api session callback logout jwks App app',
  'http: https: javascript: http:// https:// localhost localhost:5173 user@ 。 ． ／ ä 😀 \u202e',
].flatMap(line => line.split(' '));
PIECES.push('\t', '\n', '\r', ' ', '\u0000');

/** A value put together at random, more often than not one that begins like a path. */
export function generatedReturnTo(prefix: string, random: (limit: number) => number): string {
  const starts = ['/', '/', '/', '/a', `${prefix}/`, `/x/..${prefix}/`, 'http://localhost:5173/', ''];
  const pieces = Array.from({ length: random(7) }, () => PIECES[random(PIECES.length)] ?? '');
  return (starts[random(starts.length)] ?? '') + pieces.join('');
}

/** Whether a request for this URL could end at an endpoint or an API route, read as leniently as a router may. */
export function leadsToUs({ origin, pathname }: URL, app: string, prefix: string): boolean {
  if (origin !== app) return false;
  const readings = [pathname];
  for (let round = 0; round < 20; round++) readings.push(decoded(readings.at(-1) ?? ''));
  return readings
    .map(path => path.replace(/[/\\]+/g, '/'))
    .flatMap(path => [path, URL.parse(app + path)?.pathname ?? ''])
    .some(path => ENDPOINTS.some(endpoint => startsWithPath(path, prefix + endpoint)));
}

const startsWithPath = (path: string, start: string) => `${path}/`.toLowerCase().startsWith(`${start}/`.toLowerCase());

const decoded = (path: string) =>
  path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
