import { Module } from '@nestjs/common';
import { AuthleteApi } from './authlete-api.js';
import { type AuthleteOptionsInput, ConfigurableModuleClass, GIVEN_OPTIONS } from './authlete.module-definition.js';
import { ACCOUNTS, AUTHLETE_OPTIONS, readAuthleteOptions, SESSION_STORE } from './authlete.options.js';
import { AuthleteEvents } from './events.js';
import { memoryStore } from './session-store.js';

/** An authorization server's endpoints on Authlete: `AuthleteModule.forRoot({ … })` or `AuthleteModule.forRootAsync({ useFactory })`. */
@Module({
  controllers: [],
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
  ],
  exports: [AuthleteEvents],
})
export class AuthleteModule extends ConfigurableModuleClass {}

function settingsOf({ accounts, sessionStore: _store, record: _record, ...settings }: AuthleteOptionsInput) {
  const able = (['authenticate', 'find'] as const).every(name => typeof accounts?.[name] === 'function');
  return readAuthleteOptions(settings, able ? [] : [{ path: 'accounts', text: 'must have authenticate() and find()' }]);
}
