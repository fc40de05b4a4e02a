import { flag, integer, listOf, matching, MayBeAbsent, Must, oneOf, seconds } from './rules.js';
import { METHODS, TOKEN_KINDS, type TokenKind } from './route-values.js';
import { scopeNames } from './scope.js';
import { apiPath, baseUrl, pathPattern, resource } from './urls.js';

const DAY = 86_400;
const MEBIBYTE = 1_048_576;

export class ApiRouteOptions {
  @Must(apiPath)
  path!: string;

  @Must(baseUrl)
  upstream!: string;

  /** Whose access token the API gets. */
  @Must(oneOf(TOKEN_KINDS))
  token: TokenKind = 'user';

  /** Also where the token isn't the user's. */
  @Must(flag)
  requireSession = false;

  @MayBeAbsent()
  @Must(scopeNames)
  scope?: string;

  @MayBeAbsent()
  @Must(resource)
  resource?: string;

  @MayBeAbsent()
  @Must(matching(/^[\x21-\x7e]+$/, 'must be printable ASCII characters without a space'))
  audience?: string;

  /** The user's token is exchanged for the route's (RFC 8693); without it, a refresh brings one. */
  @Must(flag)
  tokenExchange = false;

  /** All, without it. */
  @MayBeAbsent()
  @Must(listOf(oneOf(METHODS), 1))
  methods?: string[];

  /** Below the route; all, without it. */
  @MayBeAbsent()
  @Must(listOf(pathPattern, 1))
  paths?: string[];

  /** The app's own pages may link to it: no script is there to send the header. */
  @Must(flag)
  navigable = false;

  @Must(seconds(DAY))
  timeout = 30;

  /** Bytes of a body that is kept, so that the call can be made again. */
  @Must(integer(0, MEBIBYTE))
  replayBody = 65_536;

  /** Seconds for which the browser may pause while it sends its body. */
  @Must(seconds(DAY))
  bodyTimeout = 30;

  /** Bytes; any size, without it. */
  @MayBeAbsent()
  @Must(integer(0, Number.MAX_SAFE_INTEGER))
  maxBody?: number;

  /** Bytes; what node:http takes, without it. */
  @MayBeAbsent()
  @Must(integer(256, MEBIBYTE))
  maxHeader?: number;

  @Must(flag)
  passSetCookie = false;

  @Must(flag)
  passSecurityHeaders = false;

  @Must(oneOf(['refuse', 'pass']))
  location: 'refuse' | 'pass' = 'refuse';

  /** It tells the API which client calls: so it's presented where that is wanted, and nowhere else. */
  @Must(flag)
  clientCertificate = false;

  @Must(flag)
  webSocket = false;

  /** What the API speaks, and nothing else then. */
  @Must(flag)
  http2 = false;
}
