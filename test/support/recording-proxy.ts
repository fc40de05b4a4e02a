import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen, type RunningServer } from '../../src/dev/authorization-server/listen.js';

/** One call of an API with its answer, as text. */
export interface RecordedCall {
  path: string;
  request: string;
  answer: string;
}

export interface RecordingProxy extends RunningServer {
  calls: RecordedCall[];
}

/** Stands in front of an API and keeps what goes through, answers too: they hold the secrets that a scan looks for. */
export async function startRecordingProxy(upstream: string): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    const forward = async () => {
      const { method = 'GET', url: path = '/', headers } = request;
      const body = (await buffer(request)).toString();
      const { authorization = '', 'content-type': contentType = 'application/json' } = headers;
      const answered = await fetch(upstream + path, {
        method,
        headers: { authorization, 'content-type': contentType },
        ...(body !== '' && { body }),
      });
      const answer = await answered.text();
      calls.push({ path, request: body, answer });
      response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' }).end(answer);
    };
    forward().catch(() => response.destroy());
  });
  return { ...(await listen(server, 0)), calls };
}
