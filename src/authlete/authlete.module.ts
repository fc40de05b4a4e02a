import { Inject, type MiddlewareConsumer, Module, type NestModule, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { AuthleteApi } from './authlete-api.js';
import { type AuthleteOptionsInput, ConfigurableModuleClass, GIVEN_OPTIONS } from './authlete.module-definition.js';
import { ACCOUNTS, AUTHLETE_OPTIONS, readAuthleteOptions, SESSION_STORE } from './authlete.options.js';
import { ClientRequests } from './client-request.js';
import { EdgeMiddleware } from './edge.middleware.js';
import { EndpointErrorFilter } from './endpoint-error.filter.js';
import { ENDPOINTS } from './endpoints.js';
import { AuthorizationController } from './endpoints/authorization.controller.js';
import { DiscoveryController } from './endpoints/discovery.controller.js';
import { PushedAuthorizationRequestController } from './endpoints/pushed-authorization-request.controller.js';
import { RevocationController } from './endpoints/revocation.controller.js';
import { TokenController } from './endpoints/token.controller.js';
import { UserinfoController } from './endpoints/userinfo.controller.js';
import { AuthleteEvents } from './events.js';
import { Forwarding } from './forwarding.js';
import { refuseUnfitApplication } from './host-application.js';
import {
  AuthorizationEnds,
  InteractionController,
  InteractionFilter,
  People,
  SessionMiddleware,
} from './interaction/index.js';
import { ServiceCheck } from './service-check.js';
import { memoryStore } from './session-store.js';

/** An authorization server's endpoints on Authlete: `AuthleteModule.forRoot({ … })` or `AuthleteModule.forRootAsync({ useFactory })`. */
@Module({
  controllers: [
    PushedAuthorizationRequestController,
    AuthorizationController,
    InteractionController,
    TokenController,
    RevocationController,
    UserinfoController,
    DiscoveryController,
  ],
  providers: [
    { provide: AUTHLETE_OPTIONS, inject: [GIVEN_OPTIONS], useFactory: settingsOf },
    { provide: ACCOUNTS, inject: [GIVEN_OPTIONS], useFactory: ({ accounts }: AuthleteOptionsInput) => accounts },
    {
      provide: SESSION_STORE,
      inject: [GIVEN_OPTIONS],
      useFactory: ({ sessionStore }: AuthleteOptionsInput) => sessionStore ?? memoryStore(),
    },
    {
      provide: AuthleteEvents,
      inject: [GIVEN_OPTIONS],
      useFactory: ({ record }: AuthleteOptionsInput) => new AuthleteEvents(record),
    },
    AuthleteApi,
    ServiceCheck,
    ClientRequests,
    Forwarding,
    EndpointErrorFilter,
    People,
    AuthorizationEnds,
    InteractionFilter,
  ],
  exports: [AuthleteEvents],
})
export class AuthleteModule extends ConfigurableModuleClass implements NestModule, OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly adapter: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
  ) {
    super();
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(EdgeMiddleware).forRoutes('{*path}');
    consumer.apply(SessionMiddleware).forRoutes(ENDPOINTS.authorization, ENDPOINTS.interaction);
  }

  onModuleInit(): void {
    refuseUnfitApplication(this.adapter, this.application);
  }
}

function settingsOf({ accounts, sessionStore: _store, record: _record, ...settings }: AuthleteOptionsInput) {
  const able = (['authenticate', 'find'] as const).every(name => typeof accounts?.[name] === 'function');
  return readAuthleteOptions(settings, able ? [] : [{ path: 'accounts', text: 'must have authenticate() and find()' }]);
}
