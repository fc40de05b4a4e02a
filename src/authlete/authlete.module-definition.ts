import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Store } from 'express-session';
import type { AuthleteSettings } from './authlete.options.js';
import type { RecordEvent } from './events.js';
import type { Accounts } from './interaction/accounts.js';

/** What a host writes: the settings, and what it has of its own. */
export type AuthleteOptionsInput = AuthleteSettings & {
  accounts: Accounts;
  /** Left out: in memory, for one process. */
  sessionStore?: Store | undefined;
  /** Left out: Nest's logger. */
  record?: RecordEvent | undefined;
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: GIVEN_OPTIONS } =
  new ConfigurableModuleBuilder<AuthleteOptionsInput>().setClassMethodName('forRoot').build();
