import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { type BffOptionsInput, OptionsError } from './bff.options.js';

/** The validated options, {@link BffOptions}. */
export const OPTIONS = Symbol('BffOptions');
export const PATH_PREFIX = Symbol('Path prefix');

/** What Nest has to know before options are resolved, also by `forRootAsync`. */
const EXTRAS: { isGlobal: boolean | undefined; pathPrefix: string | undefined } = { isGlobal: false, pathPrefix: '' };

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: GIVEN_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<BffOptionsInput>()
  .setClassMethodName('forRoot')
  .setExtras(EXTRAS, (definition, { isGlobal = false, pathPrefix = '' }): DynamicModule => ({
    ...definition,
    global: isGlobal,
    imports: [
      ...(definition.imports ?? []),
      RouterModule.register([{ path: pathPrefix || '/', module: definition.module }]),
    ],
    providers: [...(definition.providers ?? []), { provide: PATH_PREFIX, useValue: pathPrefix }],
  }))
  .build();

/** Routes are laid before a factory has run: a prefix that it returns would come too late, and be missed in silence. */
export function withPathPrefix(given: BffOptionsInput, pathPrefix: string): BffOptionsInput {
  if (given.pathPrefix !== undefined && given.pathPrefix !== pathPrefix) {
    throw new OptionsError([{ path: 'pathPrefix', text: 'must stand beside useFactory, not in what it returns' }]);
  }
  return { ...given, pathPrefix };
}
