import { type DynamicModule, Module } from '@nestjs/common';
import { BffModule } from './bff/index.js';
import type { Configuration } from './configuration.js';
import { SpaModule } from './spa/spa.module.js';

/** The runnable server: the BFF, and behind it the SPA's files. */
@Module({})
export class AppModule {
  static of({ bff, server }: Configuration): DynamicModule {
    const https = bff.frontends.some(({ publicUrl }) => publicUrl.startsWith('https:'));
    return { module: AppModule, imports: [BffModule.forRoot(bff), SpaModule.serving(server, https)] };
  }
}
