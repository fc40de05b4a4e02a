import type { ServerResponse } from 'node:http';
import type { Frontend } from './frontend.js';
import { setSecurityHeaders } from './security-headers.js';

/** `200`. Not by Express's `json`, which makes an ETag of each answer: of these nobody keeps any, and nobody asks whether it has changed. */
export function answerJson(response: ServerResponse, frontend: Frontend, body: object): void {
  setSecurityHeaders(response, frontend);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}
