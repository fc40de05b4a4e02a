import { flag, Must, oneOf, seconds } from './rules.js';
import { apiPath, baseUrl } from './urls.js';

const DAY = 86_400;

export class ApiRouteOptions {
  @Must(apiPath)
  path!: string;

  @Must(baseUrl)
  upstream!: string;

  @Must(seconds(DAY))
  timeout = 30;

  @Must(flag)
  passSetCookie = false;

  @Must(flag)
  passSecurityHeaders = false;

  @Must(oneOf(['refuse', 'pass']))
  location: 'refuse' | 'pass' = 'refuse';

  /** It tells the API which client calls: so it's presented where that is wanted, and nowhere else. */
  @Must(flag)
  clientCertificate = false;
}
