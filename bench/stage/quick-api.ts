/**
 * A program: an API that costs as little as an API can, so that it isn't what is measured. To everybody with a token it says a few bytes,
 * or at `/head` what it was sent.
 */
import { createServer } from 'node:net';
import { listen } from './processes.ts';

const END = '\r\n\r\n';
const orders = answer('200 OK', JSON.stringify({ orders: [] }));
const refused = answer('401 Unauthorized', '');

const server = createServer(socket => {
  let received = '';
  socket
    .setNoDelay()
    .setEncoding('latin1')
    .on('error', () => {});
  socket.on('data', chunk => {
    received += String(chunk);
    for (let end = received.indexOf(END); end >= 0; end = received.indexOf(END)) {
      socket.write(answerTo(received.slice(0, end)), 'latin1');
      received = received.slice(end + END.length);
    }
  });
});

function answerTo(head: string): string {
  if (!/\r\nauthorization: Bearer /i.test(head)) return refused;
  return head.startsWith('GET /head ') ? answer('200 OK', JSON.stringify(head.split('\r\n').slice(1))) : orders;
}

function answer(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

process.send?.(await listen(server));
