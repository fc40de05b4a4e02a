import type { HttpAdapterHost } from '@nestjs/core';

const PARSERS = new Set(['jsonParser', 'urlencodedParser', 'rawParser', 'textParser']);

/** A body parser that runs before us has eaten the stream that the API proxy must forward: better no start than empty uploads. */
export function refuseBodyParser({ httpAdapter }: HttpAdapterHost): void {
  const express: { router?: { stack?: { name?: string }[] } } = httpAdapter.getInstance();
  const parser = express.router?.stack?.find(({ name }) => PARSERS.has(name ?? ''));
  if (!parser) return;
  throw new Error(
    `BffModule can’t start: the body parser “${parser.name}” runs before it and would swallow what the API proxy has to forward.
Change the line
    NestFactory.create(AppModule)
to
    NestFactory.create(AppModule, { bodyParser: false })
and give your own controllers their parser where they need it: consumer.apply(json()).forRoutes(YourController).`,
  );
}
