import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadGatewayException,
  ConflictException,
  Controller,
  Get,
  Module,
  PayloadTooLargeException,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { BffModule, ErrorFilter } from '../src/bff/index.js';
import { freePort } from './support/free-port.js';
import { randomKey, temporaryDirectory } from './support/parlour.js';

/** More than a connection takes at once. */
const SIZE = 32 << 20;
const secret = 'Bearer a-token-that-somebody-logged';

@Controller('host')
class FailingController {
  @Get('mistake')
  mistake(): never {
    throw new TypeError(`cannot read ${secret}`);
  }
  @Get('nothing')
  nothing(): never {
    // oxlint-disable-next-line no-throw-literal, only-throw-error -- some libraries do
    throw undefined;
  }
  @Get('large')
  large(): never {
    throw new PayloadTooLargeException(secret);
  }
  @Get('conflict')
  conflict(): never {
    throw new ConflictException(secret);
  }
  @Get('gateway')
  gateway(): never {
    throw new BadGatewayException({ secret });
  }
  @Get('half')
  half(@Res() response: ServerResponse): never {
    response.write('half');
    throw new Error(secret);
  }
  @Get('whole')
  whole(@Res() response: ServerResponse): never {
    response.end(Buffer.alloc(SIZE));
    throw new Error(secret);
  }
}

let app: NestExpressApplication;
let url: string;
const logged: unknown[] = [];

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  @Module({
    imports: [
      BffModule.forRoot({
        publicUrl: url,
        issuer: 'http://127.0.0.1:1',
        clientId: 'host',
        clientSecret: randomKey(),
        storageUrl: `file:${temporaryDirectory()}/data`,
        keys: [randomKey()],
      }),
    ],
    controllers: [FailingController],
  })
  class HostModule {}
  const add = (...line: unknown[]) => void logged.push(line);
  const logger = { log: () => undefined, warn: add, error: add };
  app = await NestFactory.create<NestExpressApplication>(HostModule, {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  app.useGlobalFilters(app.get(ErrorFilter));
  await app.listen(port, '127.0.0.1');
});
afterAll(() => app.close());

async function failure(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url + path, { headers });
  return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') };
}

describe('a host’s controller under our ErrorFilter', () => {
  it.each([
    ['mistake', 500, 'internal_error'],
    ['nothing', 500, 'internal_error'],
    ['large', 413, 'request_too_large'],
  ])('S3: /host/%s is a %d %s that tells nobody what the host said', async (path, status, code) => {
    const problem = await failure(`/host/${path}`);
    expect(problem.status).toBe(status);
    expect(JSON.parse(problem.text)).toMatchObject({ status, code });
    const page = await failure(`/host/${path}`, { accept: 'text/html' });
    expect([page.status, page.type]).toEqual([status, 'text/html; charset=utf-8']);
    expect(problem.text + page.text).not.toMatch(/somebody|\n\s+at /);
  });

  it.each([
    ['conflict', 409, 'Conflict'],
    ['gateway', 502, 'Bad Gateway'],
  ])('S3: /host/%s keeps the status that the host means, %d, and loses its words', async (path, status, title) => {
    const problem = await failure(`/host/${path}`);
    expect([problem.status, problem.type]).toEqual([status, 'application/problem+json; charset=utf-8']);
    expect(JSON.parse(problem.text)).toEqual({ type: 'about:blank', status, title });
  });

  it.each(['1.0', '1.1'])('S1: half an answer never looks whole, in HTTP/%s', async version => {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /host/half HTTP/${version}\r\nHost: ${host}\r\n\r\n`);
    // its end is that of the connection, or of its last chunk
    const answer = buffer(socket).then(String);
    if (version === '1.0') await expect(answer).rejects.toThrow('ECONNRESET');
    else expect(await answer).not.toContain('\r\n0\r\n');
  });

  it('S1: a whole one comes whole, whatever is thrown after it', async () => {
    const answer = await fetch(`${url}/host/whole`);
    expect((await answer.arrayBuffer()).byteLength).toBe(SIZE);
  });

  it('S3: the log has the reference and the stack, and no secret', async () => {
    logged.length = 0;
    const { reference } = JSON.parse((await failure('/host/mistake')).text) as { reference: string };
    const text = JSON.stringify(logged);
    expect(text).toContain(reference);
    expect(text).toMatch(/TypeError: cannot read Bearer \[redacted\].*errors-host\.spec/);
    expect(text).not.toContain('somebody');
  });
});
