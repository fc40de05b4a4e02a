import { VERSION_NEUTRAL } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/**
 * What moves every controller's routes moves ours, too, and `redirect_uri`, cookies and checks don't follow. Versions of the host's own controllers
 * are their own affair.
 */
export function refuseMovedRoutes(application: ApplicationConfig): void {
  const prefix = application.getGlobalPrefix();
  const version = application.getVersioning()?.defaultVersion;
  if (prefix !== '') {
    throw new Error(
      `BffModule can’t start: app.setGlobalPrefix('${prefix}') would move its endpoints away from where it sends the browser.
Take that line out, put the prefix into your own controllers’ paths, and where the BFF is to have one say
    BffModule.forRoot({ …, pathPrefix: '/${prefix.replace(/^\//, '')}' })`,
    );
  }
  if (version !== undefined && version !== VERSION_NEUTRAL) {
    throw new Error(
      `BffModule can’t start: the defaultVersion in app.enableVersioning({ … }) would give its endpoints a version that no browser asks for.
Take defaultVersion out and say the version at your own controllers: @Controller({ path: 'orders', version: '${String([version].flat()[0])}' }).
Where the BFF is to have a prefix say
    BffModule.forRoot({ …, pathPrefix: '/bff' })`,
    );
  }
}
