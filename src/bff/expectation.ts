import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Who sends `Expect: 100-continue` waits with the body (RFC 9110 §10.1.1). Node would say yes at once; here that's said when somebody begins to read, so
 * after the checks, and to a request that is refused never. A host that answers it otherwise goes on doing so.
 */
export function continueWhenRead(server: Server): void {
  if (server.listenerCount('checkContinue') > 0) return;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // after an answer Node itself reads the rest away
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}
