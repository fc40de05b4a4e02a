const http2 = 'src/bff/http2/';
const call = `${http2}call.ts`;
const connection = `${http2}connection.ts`;
const frames = 'test/api-proxy-http2-frames.spec.ts';

const entry = (rule, what, file, find, replace, tests = frames) => ({ rule, what, file, find, replace, tests });

export default [
  entry('S1', 'a stream that was reset has no regular end', call, 'chunk === null && !stream.closed', 'chunk === null'),
  entry(
    'S1',
    'an answer without END_STREAM is broken off',
    call,
    'if (!this.isWhole) this.fail(broken());',
    'if (!this.isWhole) this.end();',
  ),
  entry('S1', 'half an upload never ends regularly', call, 'this.reset.abort();', 'this.stream?.close(8);'),
  entry('S1', 'an upload ends with its answer', call, 'if (!this.stream?.writableEnded) this.breakOff();', ''),
  entry('S1', 'a stream that closes has failed', call, "stream.once('close', () => this.fail(broken()));", ''),
  entry(
    'S4',
    'a value is one that HTTP allows',
    call,
    'validateHeaderValue(name, value);',
    '',
    'test/http2-dispatcher.spec.ts',
  ),
  entry(
    'S1',
    'what was chosen by ALPN is HTTP/2',
    connection,
    "socket instanceof TLSSocket && socket.alpnProtocol !== 'h2'",
    'false',
    'test/api-proxy-http2.spec.ts',
  ),
  entry('S1', 'an error of a connection ends nothing but that', connection, "session.on('error', reject);", ''),
  entry(
    'S1',
    'a server has to say its SETTINGS in time',
    connection,
    "const late = setTimeout(() => session.destroy(new Http2Failure('ETIMEDOUT')), timeout);",
    'const late = undefined;',
  ),
  entry(
    'S1',
    'a server without streams is asked once',
    `${http2}connections.ts`,
    'if (!connection.hasRoom) {',
    'if (false) {',
  ),
  entry('S3', 'nothing of one user’s header is kept for another’s', connection, 'maxDeflateDynamicTableSize: 0,', ''),
  entry(
    'S1',
    'a connection that may be dead gets no more calls',
    connection,
    'if (tookTooLong(call.reason)) this.isRetired = true;',
    '',
  ),
  entry(
    'S1',
    'only what the API did nothing with is sent again',
    'src/bff/api-proxy/forward.ts',
    '!isUnprocessed(error) || !isRepeatable(call)',
    '!isRepeatable(call)',
  ),
  entry(
    'S1',
    'nothing is sent again without its body',
    'src/bff/api-proxy/forward.ts',
    '!isUnprocessed(error) || !isRepeatable(call)',
    '!isUnprocessed(error)',
  ),
  entry(
    'B15',
    'HTTP/2 isn’t meant for WebSockets',
    'src/bff/options/route-relations.ts',
    'if (http2 && webSocket)',
    'if (false)',
    'test/bff.options-frontends.spec.ts',
  ),
  entry(
    'B15',
    'HTTP/2 isn’t meant for a proxy',
    'src/bff/options/route-relations.ts',
    'http2 && proxy !== undefined',
    'false',
    'test/bff.options-frontends.spec.ts',
  ),
];
