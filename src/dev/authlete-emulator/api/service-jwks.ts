import type { Properties } from '../properties.js';
import type { State } from '../state.js';

/** Without a body: 204, or 302 with a place to look (the vendor's AuthleteApi, getServiceJwks). */
export class Elsewhere {
  constructor(readonly location: string | undefined) {}
}

/** The public half of a key made at start. `jwks: ''` is a service that has registered none. */
export function serviceJwks(_call: Properties, { service, key }: State): object {
  if (service.text('jwks') === '') return new Elsewhere(service.text('jwksUri'));
  return { keys: [key.publicJwk] };
}
