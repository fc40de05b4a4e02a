import { type HostileInput, pairs, passed, post, refused, shown } from './input.js';

const CHUNKED = 'Transfer-Encoding: chunked';
const END = '0\r\n\r\n';

/** Codings that aren't `chunked` by the letter, however somebody may read them. */
const CODINGS = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunkedx',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chun ked',
  'Transfer-Encoding: chunked\0',
  'Transfer-Encoding:\t chunked \t',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: \x0cchunked',
  'Transfer-Encoding: \xa0chunked',
  'Transfer-Encoding: chunked\rX: y',
  'Transfer-Encoding: x\nTransfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding\0: chunked',
  ' Transfer-Encoding: chunked',
  '\tTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:\r\n\tchunked',
  'Transfer-Encoding: chunked\r\n , identity',
  'Transfer-Encoding',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
];

const LENGTHS = [
  '+5',
  '-5',
  '0x5',
  '5,5',
  '5, 5',
  '5 5',
  '5.0',
  '5e0',
  '"5"',
  'five',
  '5;',
  '5\0',
  '\x0b5',
  '5\x0c',
  '\xb2',
  '18446744073709551616',
  '18446744073709551621',
  '99999999999999999999999999',
  '-0',
  '1_0',
];

const TWICE: string[][] = [
  ['Content-Length: 5', 'Content-Length: 5'],
  ['Content-Length: 5', 'Content-Length: 6'],
  ['Content-Length: 0', 'Content-Length: 5'],
  ['Content-Length: 5', 'content-length: 0'],
  ['Content-Length: 5', 'Content-Length : 0'],
  ['Content-Length: 5', ' Content-Length: 0'],
  ['Content-Length: 5\r\n 0'],
  ['Content-Length:\r\n 5'],
];

/** Chunks that two parsers may end at different places; each comes after a good first one. */
const CHUNKS = [
  'x\r\nhello\r\n',
  '5;\rext\r\nhello\r\n',
  '5;a\0\r\nhello\r\n',
  '5\nhello\r\n',
  '5\r\nhello\n',
  '5\rhello\r\n',
  '5\r\nhello',
  '5\r\nhellooo\r\n',
  '5 x\r\nhello\r\n',
  '0x5\r\nhello\r\n',
  '+5\r\nhello\r\n',
  '-5\r\nhello\r\n',
  '5_\r\nhello\r\n',
  '\r\nhello\r\n',
  'fffffffffffffffff\r\nhello\r\n',
  '10000000000000005\r\nhello\r\n',
  '100000000000000000000005\r\nhello\r\n',
  `5;${'x'.repeat(20_000)}\r\nhello\r\n`,
];

/** Ends of a chunked body that aren't. */
const ENDS = [
  '0\n\n',
  '0\r\n\n',
  '0\r\r\n',
  '0\r\nX y: z\r\n\r\n',
  '0\r\nX: a\0\r\n\r\n',
  '0\r\n X: folded\r\n\r\n',
  '0\r\n\rX',
];

const inOne = (fields: string[]) => shown(fields.join(' | '));

export const framing: HostileInput[] = [
  ...refused(
    '4xx',
    CODINGS.map(coding => [coding, post([coding], END)]).map(([what = '', bytes = '']) => [shown(what), bytes]),
  ),
  // in both orders beside a length, with a body that each of them would end elsewhere
  ...refused(
    '4xx',
    pairs([CHUNKED, ...CODINGS], [true, false]).map(([coding, first]) => {
      const fields = first ? ['Content-Length: 6', coding] : [coding, 'Content-Length: 6'];
      return [inOne(fields), post(fields, `${END}G`)];
    }),
  ),
  ...refused(
    '4xx',
    LENGTHS.map(length => [`Content-Length: ${shown(length)}`, post([`Content-Length: ${length}`], 'hello')]),
  ),
  ...refused(
    '4xx',
    TWICE.map(fields => [inOne(fields), post(fields, 'hello')]),
  ),
  ...[...CHUNKS.map(chunk => `3\r\none\r\n${chunk}${END}`), ...ENDS.map(end => `3\r\none\r\n${end}`)].map(
    (body): HostileInput => ({
      what: `chunks ${shown(body)}`,
      bytes: post([CHUNKED], body),
      answer: '4xx',
      reaches: [],
    }),
  ),
  ...passed([
    ['a coding in other letters', post(['TRANSFER-ENCODING: Chunked'], `2\r\nhi\r\n${END}`), 'POST /v1/x hi'],
    ['a coding without a blank', post(['Transfer-Encoding:chunked'], `2\r\nhi\r\n${END}`), 'POST /v1/x hi'],
    ['chunk extensions', post([CHUNKED], `2;a=b;c="d"\r\nhi\r\n${END}`), 'POST /v1/x hi'],
    ['a chunk size with zeros', post([CHUNKED], `0002\r\nhi\r\n000\r\n\r\n`), 'POST /v1/x hi'],
    ['trailers', post([CHUNKED], '2\r\nhi\r\n0\r\nHost: {evil}\r\nAuthorization: x\r\n\r\n'), 'POST /v1/x hi'],
    ['a length with zeros', post(['Content-Length: 0005'], 'hello'), 'POST /v1/x hello'],
    ['a body of a GET', post(['Content-Length: 2'], 'hi').replace('POST', 'GET'), 'GET /v1/x hi'],
    ['a body of a DELETE', post([CHUNKED], `2\r\nhi\r\n${END}`).replace('POST', 'DELETE'), 'DELETE /v1/x hi'],
  ]),
];
