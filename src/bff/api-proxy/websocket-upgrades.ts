import type { HttpAdapterHost } from '@nestjs/core';
import { API_PATH } from '../endpoints.js';
import type { Frontend } from '../frontend.js';
import { acceptUpgrades } from '../upgrade.js';

/** Where a route takes WebSockets, all upgrades below `/api` come here; else node:http goes on ignoring each. */
export function acceptWebSockets({ httpAdapter }: HttpAdapterHost, frontends: readonly Frontend[]): void {
  if (!frontends.some(({ options }) => options.apiRoutes.some(({ webSocket }) => webSocket))) return;
  const paths = frontends.map(frontend => frontend.path(API_PATH).toLowerCase());
  // as Express matches them
  acceptUpgrades(httpAdapter.getHttpServer(), url => paths.some(path => isBelow(url.toLowerCase(), path)));
}

function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && /^(?:[/?]|$)/.test(url.slice(path.length));
}
