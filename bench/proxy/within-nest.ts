import 'reflect-metadata';
import { All, Controller, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** A handler as the one controller of a Nest application: what the framework alone costs. Decorators are called, as Node runs TypeScript without them. */
export async function withinNest(handler: RequestListener): Promise<Server> {
  class PassThrough {
    passOn(request: IncomingMessage, response: ServerResponse): void {
      handler(request, response);
    }
  }
  const method = Object.getOwnPropertyDescriptor(PassThrough.prototype, 'passOn') ?? {};
  All(['api', 'api/{*path}'])(PassThrough.prototype, 'passOn', method);
  Req()(PassThrough.prototype, 'passOn', 0);
  Res()(PassThrough.prototype, 'passOn', 1);
  Controller()(PassThrough);
  class Application {}
  Module({ controllers: [PassThrough] })(Application);
  const application = await NestFactory.create(Application, { bodyParser: false, logger: false });
  await application.init();
  return application.getHttpServer();
}
