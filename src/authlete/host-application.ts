import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';

interface ExpressRouter {
  router?: { stack?: { name?: string }[] };
}

/** What a host's application does to every request or route may spoil ours: better no start than endpoints that can't work. */
export function refuseUnfitApplication({ httpAdapter }: HttpAdapterHost, application: ApplicationConfig): void {
  const { router }: ExpressRouter = httpAdapter.getInstance();
  if (router?.stack?.some(({ name = '' }) => /^(?:json|urlencoded|raw|text)Parser$/.test(name))) {
    throw new Error(
      'AuthleteModule can’t start: a body parser runs before it and swallows what has to go to Authlete as it came.\n' +
        'Create the application with { bodyParser: false }, and give your own controllers their parser where they need it.',
    );
  }
  const prefix = application.getGlobalPrefix();
  if (prefix !== '') {
    throw new Error(
      `AuthleteModule can’t start: setGlobalPrefix('${prefix}') would move its endpoints away from their advertised addresses.`,
    );
  }
}
