import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listen } from './hostile/listen.js';

export interface ApiStub {
  url: string;
  /** What reached it, in order. */
  requests: IncomingMessage[];
  /** What it answers; a test may change it. */
  handle: RequestListener;
  /** Resolves as soon as there are so many requests, answered or not. */
  arrived(count: number): Promise<IncomingMessage>;
  close(): Promise<void>;
}

/** An API that says yes to everything, until told otherwise. */
export async function startApiStub(handle: RequestListener = answerOk): Promise<ApiStub> {
  const server = createServer();
  const waiting = new Set<() => void>();
  const stub: ApiStub = {
    url: `http://127.0.0.1:${await listen(server)}`,
    requests: [],
    handle,
    arrived: async count => {
      for (;;) {
        const request = stub.requests[count - 1];
        if (request) return request;
        await new Promise<void>(resolve => waiting.add(resolve));
      }
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  server.on('request', (request, response) => {
    stub.requests.push(request);
    waiting.forEach(resolve => resolve());
    waiting.clear();
    stub.handle(request, response);
  });
  return stub;
}

function answerOk(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ path: request.url }));
}
