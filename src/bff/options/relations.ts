import type { OptionProblem } from './reading.js';
import { isSameSite } from './urls.js';
import { credentialRelations } from './credential-relations.js';
import { bindingRelations } from './binding-relations.js';
import { messageRelations } from './message-relations.js';
import type { FrontendOptions } from './frontend.options.js';
import { profileRelations } from './profile-relations.js';
import { routeRelations } from './route-relations.js';
import type { Relation } from './relation.js';
import { isLoopback, isSecureUrl } from '../secure-url.js';

/** What frontends share. */
interface Shared {
  allowHttpFor: string[];
  outbound: { proxy?: string };
}

/** `failed` says whether the option at a path has a problem already. */
export function relationProblems(
  frontends: FrontendOptions[],
  { allowHttpFor, outbound }: Shared,
  failed: (path: string) => boolean,
): OptionProblem[] {
  const relations = frontends.flatMap((frontend, index) => {
    const path = `frontends[${index}]`;
    return [
      ...withinOne(frontend, path),
      ...credentialRelations(frontend, path),
      ...bindingRelations(frontend, path),
      ...profileRelations(frontend, path),
      ...messageRelations(frontend, path),
      ...plainHttp(frontend, path, allowHttpFor),
      ...betweenRoutes(frontend, path),
      ...routeRelations(frontend, path, outbound?.proxy),
      ...betweenFrontends(frontend, path, frontends.slice(0, index)),
    ];
  });
  return relations
    .filter(({ at, reads }) => ![at, ...reads].some(failed))
    .map(({ at, check }) => ({ path: at, text: check() }))
    .filter((problem): problem is OptionProblem => problem.text !== undefined);
}

function withinOne(frontend: FrontendOptions, path: string): Relation[] {
  const publicUrl = `${path}.publicUrl`;
  return [
    {
      at: `${path}.sessionIdleTimeout`,
      reads: [`${path}.sessionAbsoluteTimeout`],
      check: () =>
        frontend.sessionIdleTimeout > frontend.sessionAbsoluteTimeout
          ? `may not be longer than the absolute timeout of the session (${frontend.sessionAbsoluteTimeout})`
          : undefined,
    },
    { at: `${path}.allowedOrigins`, reads: [publicUrl], check: () => otherSite(frontend) },
    {
      at: `${path}.insecureCookies`,
      reads: [publicUrl],
      check: () =>
        frontend.insecureCookies && !isLoopback(new URL(frontend.publicUrl).hostname)
          ? 'may be true on loopback only: the cookies would travel in the clear'
          : undefined,
    },
  ];
}

/** Strict cookies stay within a site: a SPA elsewhere would log in and never be logged in. */
function otherSite({ publicUrl, allowedOrigins }: FrontendOptions): string | undefined {
  const other = allowedOrigins.find(origin => !isSameSite(new URL(origin), new URL(publicUrl)));
  return other === undefined
    ? undefined
    : `has ${other}, which is another site than ${publicUrl}: the session cookie is SameSite=Strict and would never arrive from there`;
}

function plainHttp(
  { issuer, backchannelUrl, apiRoutes }: FrontendOptions,
  path: string,
  allowHttpFor: string[],
): Relation[] {
  const called = [
    { at: `${path}.issuer`, url: issuer },
    ...(backchannelUrl === undefined ? [] : [{ at: `${path}.backchannelUrl`, url: backchannelUrl }]),
    ...routes(apiRoutes).map(({ upstream }, index) => ({ at: `${path}.apiRoutes[${index}].upstream`, url: upstream })),
  ];
  return called.map(({ at, url }) => ({
    at,
    reads: ['allowHttpFor'],
    check: () =>
      isSecureUrl(new URL(url), allowHttpFor)
        ? undefined
        : 'must be https (http is for loopback, and for hosts in allowHttpFor, ALLOW_HTTP_FOR)',
  }));
}

function betweenRoutes({ apiRoutes }: FrontendOptions, path: string): Relation[] {
  const paths = routes(apiRoutes).map(route => route.path);
  return paths.map((routePath, index) => ({
    at: `${path}.apiRoutes[${index}].path`,
    reads: [],
    check: () => (paths.indexOf(routePath) < index ? 'is the path of an earlier route, too' : undefined),
  }));
}

/** Where the list itself is no list, or an entry no route, that is reported already. */
function routes(apiRoutes: FrontendOptions['apiRoutes']): FrontendOptions['apiRoutes'] {
  return Array.isArray(apiRoutes) ? apiRoutes.filter(Boolean) : [];
}

/** Names tell keys and logs apart, origins pick the frontend, and cookies are shared by all ports of a host (RFC 6265 §8.5). */
function betweenFrontends(frontend: FrontendOptions, path: string, earlier: FrontendOptions[]): Relation[] {
  const host = hostOf(frontend);
  const shared = earlier
    .filter(other => hostOf(other) === host)
    .some(other => other.cookieSuffix === frontend.cookieSuffix);
  return [
    unique(
      `${path}.name`,
      earlier.some(other => other.name === frontend.name),
      'is the name of an earlier frontend, too',
    ),
    unique(
      `${path}.publicUrl`,
      earlier.some(other => other.publicUrl === frontend.publicUrl),
      'is that of an earlier frontend, too',
    ),
    {
      ...unique(
        `${path}.cookieSuffix`,
        shared,
        'must differ from that of the other frontend on this host: ports share cookies',
      ),
      reads: [`${path}.publicUrl`],
    },
  ];
}

function unique(at: string, taken: boolean, otherwise: string): Relation {
  return { at, reads: [], check: () => (taken ? otherwise : undefined) };
}

function hostOf({ publicUrl }: FrontendOptions): string | undefined {
  return URL.parse(publicUrl)?.hostname;
}
