/** A program: a bare JSON route of Express, which says what it was given. */
import { createServer } from 'node:http';
import express from 'express';
import { listen } from '../stage/processes.ts';

const answer = JSON.parse(process.env['ANSWER'] ?? '{}') as object;
const app = express();
app.get('/session', (_request, response) => {
  response.json(answer);
});
process.send?.(await listen(createServer(app)));
// a profile is written when a process ends by itself
process.on('SIGTERM', () => process.exit());
