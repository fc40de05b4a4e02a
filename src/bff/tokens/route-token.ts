import type { TokenParameters } from '../oauth-client/token-parameters.js';

/** Which access token an API wants; routes with the same parameters share one. */
export interface RouteToken {
  /** Tells it from others in caches and records. */
  readonly key: string;
  readonly parameters: TokenParameters;
}

export function routeToken({ scope, resource, audience }: TokenParameters): RouteToken {
  return {
    key: JSON.stringify([scope ?? '', resource ?? '', audience ?? '']),
    parameters: { scope, resource, audience },
  };
}
