import { get, type HostileInput, pairs, passed, refused, shown } from './input.js';

/** A dot, or what somebody may take for one: escaped once to three times, overlong, wide, leading, small, IIS's way, an escape of an escape's digits. */
const DOTS = [
  '.',
  '%2e',
  '%2E',
  '%252e',
  '%25252e',
  '%c0%ae',
  '%c0%2e',
  '%e0%80%ae',
  '%f0%80%80%ae',
  '%ef%bc%8e',
  '%e2%80%a4',
  '%ef%b9%92',
  '%u002e',
  '%uff0e',
  '%%32%65',
];

const dotSegments = [...new Set(DOTS.flatMap(dot => [dot + dot, `.${dot}`, `${dot}.`, dot]))];

const DOT_PLACES = [
  (dots: string) => `/${dots}`,
  (dots: string) => `/${dots}/${dots}/admin`,
  (dots: string) => `/x/${dots}/y`,
];

/** A slash, a backslash, a semicolon, and what somebody may take for one. */
const SEPARATORS = [
  '%2f',
  '%2F',
  '%252f',
  '%25252F',
  '%c0%af',
  '%c0%2f',
  '%e0%80%af',
  '%f0%80%80%af',
  '%ef%bc%8f',
  '%u002f',
  '%%32%66',
  '\\',
  '%5c',
  '%5C',
  '%255c',
  '%c1%9c',
  '%ef%bc%bc',
  '%ef%b9%a8',
  '%u005c',
  ';',
  '%3b',
  '%3B',
  '%253b',
  '%ef%bc%9b',
  '%ef%b9%94',
];

const SEPARATOR_PLACES = [
  (separator: string) => `/a${separator}b`,
  (separator: string) => `/..${separator}..${separator}admin`,
  (separator: string) => `/x${separator}`,
  (separator: string) => `/${separator}{evil}/x`,
];

const hex = (code: number) => code.toString(16).padStart(2, '0');
const controls = [...Array.from({ length: 0x20 }, (_, code) => code), 0x7f].map(hex);

const MALFORMED = ['%', '%2', '%zz', '%g0', '%0g', '%-1', '%+2', '% 2', '%fc', '%ff', '%c3', '%c3%28', '%ed%a0%80'];

const NO_PATH_CHARACTERS = ['"', '<', '>', '|', '[', ']', '{', '}', '^', '`', '#', '#/../admin', '#@{evil}/'];

const EMPTY = ['//', '//x', '/x//y', '///', '//{evil}/x', '/x//', '/x//../y', '//../x', '/.//x', '////../admin'];

const BLANK_DOTS = [
  '%20..',
  '..%20',
  '%09..',
  '..%0b',
  '%c2%a0..',
  '..%e3%80%80',
  '%ef%bb%bf..',
  '..%00',
  '%e2%80%a8.',
];

const oneByOne = (rests: string[]) => rests.map((rest): [string, string] => [shown(rest), get(`/api/things${rest}`)]);

export const paths: HostileInput[] = [
  ...refused(
    400,
    oneByOne([
      ...pairs(dotSegments, DOT_PLACES).map(([dots, place]) => place(dots)),
      ...pairs(SEPARATORS, SEPARATOR_PLACES).map(([separator, place]) => place(separator)),
      ...controls.flatMap(code => [`/a%${code}b`, `/%25${code}`]),
      ...MALFORMED.flatMap(text => [`/${text}`, `/a${text}/x`]),
      ...NO_PATH_CHARACTERS.map(text => `/a${text}b`),
      ...EMPTY,
      ...BLANK_DOTS.map(text => `/${text}/x`),
    ]),
  ),
  // they look like it, and are names like any other
  ...passed(
    [
      '/...',
      '/..a',
      '/a..',
      '/a.',
      '/.a/..b/c..',
      '/.well-known/x',
      '/@{evil}/',
      '/{evil}',
      '/:80@{evil}',
      '/http:',
      '/~root',
      '/100%25',
      '/a%2525',
      "/!$&'()*+,=:@",
      '/%e2%88%95..%e2%81%84',
      '/%C3%BC',
      '/x/',
      '?/../../admin',
      '?a=//{evil}/..;/%2e%2e/',
      '??',
      '?a=b?c',
      '?%00%0d%0aX-Evil:%20y',
      '?a=\\..\\',
      '?a=|[]{}^`',
      '/x?url=http://{evil}/',
    ].map((rest): [string, string, string] => [shown(rest), get(`/api/things${rest}`), `GET /v1${rest}`]),
  ),
  ...refused(400, oneByOne(['?a#b', '/x?#', '?a=b#@{evil}/', '?a="b', '?a=<b', '?a=b>'])),
];
