import { type DynamicModule, Module } from '@nestjs/common';
import type { ServerOptions } from '../configuration.js';
import { SERVE_SPA, SpaController } from './spa.controller.js';
import { builtSpa } from './built-spa.js';
import { spaOfVite } from './vite-spa.js';

/** The SPA's own files, behind the same origin as the BFF (design: the first two of an SPA's three places). */
@Module({})
export class SpaModule {
  static serving(options: ServerOptions, https: boolean): DynamicModule {
    const { spaDir, spaDevUrl } = options;
    const serve =
      spaDevUrl === undefined ? spaDir !== undefined && builtSpa(spaDir, options, https) : spaOfVite(spaDevUrl);
    if (!serve) return { module: SpaModule };
    return { module: SpaModule, controllers: [SpaController], providers: [{ provide: SERVE_SPA, useValue: serve }] };
  }
}
