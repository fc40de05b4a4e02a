import {
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { Dispatcher } from 'undici';
import { acceptWebSockets } from './api-proxy/websocket-upgrades.js';
import { WebSockets } from './api-proxy/websockets.js';
import { ApiProxyController } from './api-proxy/api-proxy.controller.js';
import {
  ConfigurableModuleClass,
  GIVEN_OPTIONS,
  OPTIONS,
  PATH_PREFIX,
  withPathPrefix,
} from './bff.module-definition.js';
import { type BffOptions, type BffOptionsInput, readOptions } from './bff.options.js';
import { refuseBodyParser } from './body-parser.js';
import { EdgeMiddleware } from './edge.middleware.js';
import { EndpointsController } from './endpoints.controller.js';
import { ErrorFilter } from './error.filter.js';
import { Events } from './events.js';
import { continueWhenRead } from './expectation.js';
import { Frontends } from './frontend.js';
import { CallbackController } from './login/callback.controller.js';
import { LoginEnd } from './login/login-end.js';
import { LoginController } from './login/login.controller.js';
import { Pushes } from './login/push.js';
import { JwksController } from './jwks.controller.js';
import { BackChannelLogoutController } from './logout/back-channel-logout.controller.js';
import { LogoutController } from './logout/logout.controller.js';
import { refuseMovedRoutes } from './moved-routes.js';
import { createOutbound, OUTBOUND } from './outbound.js';
import { OpenStreams } from './session/open-streams.js';
import { SessionEventsController } from './session/session-events.controller.js';
import { SessionWatch } from './session/session-watch.js';
import { LoggedOutSessions } from './session/logged-out-sessions.js';
import { SessionsController } from './session/sessions.controller.js';
import { UserSessions } from './session/user-sessions.js';
import { SessionController } from './session/session.controller.js';
import { SessionMiddleware } from './session/session.middleware.js';
import { Sessions } from './session/session.js';
import type { StorageObserver } from './storage/observer.js';
import { openStorage } from './storage/open.js';
import { STORAGE, type Storage } from './storage/storage.js';
import { AccessTokens } from './tokens/access-token.js';
import { ClientTokens } from './tokens/client-tokens.js';

function authorityEvents(events: Events) {
  const credential = 'certificate_authorities';
  return {
    changed: () => events.record({ event: 'credential_changed', credential }),
    refused: (reason: string) => events.record({ event: 'credential_refused', credential, reason }),
  };
}

function storageEvents(events: Events): StorageObserver {
  return {
    danger: reason => events.record({ event: 'configuration_danger', setting: 'STORAGE_URL', reason }),
    lost: reason => events.record({ event: 'storage_lost', reason }),
    recovered: server => events.record({ event: 'storage_recovered', server }),
    unconfirmed: writes => events.storageUnconfirmed(writes),
  };
}

/** The BFF as a Nest module: `BffModule.forRoot({ … })` or `BffModule.forRootAsync({ useFactory })`. */
@Module({
  controllers: [
    // the first route that is looked at is the one that's asked for most
    ApiProxyController,
    LoginController,
    CallbackController,
    SessionController,
    SessionEventsController,
    SessionsController,
    LogoutController,
    BackChannelLogoutController,
    JwksController,
    EndpointsController,
  ],
  providers: [
    {
      provide: OPTIONS,
      inject: [GIVEN_OPTIONS, PATH_PREFIX],
      useFactory: (given: BffOptionsInput, pathPrefix: string) => readOptions(withPathPrefix(given, pathPrefix)),
    },
    {
      provide: STORAGE,
      inject: [OPTIONS, Events],
      useFactory: ({ storageUrl, outbound: { caFile } }: BffOptions, events: Events) =>
        openStorage(storageUrl, { caFile, observer: storageEvents(events) }),
    },
    {
      provide: OUTBOUND,
      inject: [OPTIONS, Events],
      useFactory: ({ outbound }: BffOptions, events: Events) => createOutbound(outbound, authorityEvents(events)),
    },
    { provide: Events, useFactory: () => new Events() },
    { provide: AccessTokens, inject: [Events], useFactory: (events: Events) => new AccessTokens(events) },
    { provide: ClientTokens, inject: [Events], useFactory: (events: Events) => new ClientTokens(events) },
    {
      provide: Frontends,
      inject: [OPTIONS, STORAGE, OUTBOUND, Events],
      useFactory: (options: BffOptions, storage: Storage, outbound: Dispatcher, events: Events) =>
        new Frontends({ options, storage, outbound, events }),
    },
    Sessions,
    SessionWatch,
    UserSessions,
    OpenStreams,
    LoggedOutSessions,
    WebSockets,
    ErrorFilter,
    Pushes,
    LoginEnd,
  ],
  exports: [Sessions, Events, ErrorFilter, STORAGE, Frontends],
})
export class BffModule extends ConfigurableModuleClass implements NestModule, OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(HttpAdapterHost) private readonly adapter: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(STORAGE) private readonly storage: Storage,
    @Inject(OUTBOUND) private readonly outbound: Dispatcher,
    @Inject(AccessTokens) private readonly accessTokens: AccessTokens,
    @Inject(ClientTokens) private readonly clientTokens: ClientTokens,
    @Inject(LoggedOutSessions) private readonly loggedOutSessions: LoggedOutSessions,
    @Inject(Frontends) private readonly frontends: Frontends,
  ) {
    super();
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(EdgeMiddleware, SessionMiddleware).forRoutes('/');
  }

  onModuleInit(): void {
    refuseBodyParser(this.adapter);
    refuseMovedRoutes(this.application);
    continueWhenRead(this.adapter.httpAdapter.getHttpServer());
    // on proxied answers, too, nobody says what runs here
    this.adapter.httpAdapter.getInstance<{ disable(setting: string): void }>().disable('x-powered-by');
    acceptWebSockets(this.adapter, this.frontends.all);
  }

  /** After the server has let its requests finish. A refresh goes on without its request, and so does what a back-channel logout revokes. */
  async onApplicationShutdown(): Promise<void> {
    await this.accessTokens.settled();
    await this.clientTokens.settled();
    await this.loggedOutSessions.settled();
    await this.frontends.close();
    await this.outbound.close();
    await this.storage.close();
  }
}
