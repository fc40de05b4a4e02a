import { plainToInstance, Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { FRONTEND_KEYS, whereGiven, withFrontends } from './options/flat-form.js';
import { inheritedNames, OptionsError, problemsOf, type OptionProblem } from './options/reading.js';
import { relationProblems } from './options/relations.js';
import {
  integer,
  isRecord,
  listOf,
  MayBeAbsent,
  Must,
  positive,
  record,
  records,
  seconds,
  text,
} from './options/rules.js';
import { authoritiesFile } from './options/key-files.js';
import { sealingKey } from './options/secrets.js';
import { hostname, prefix, proxyAddress, proxyUrl, storageUrl } from './options/urls.js';
import type { ApiRouteOptions } from './options/api-route.options.js';
import { FrontendOptions } from './options/frontend.options.js';

export * from './options/api-route.options.js';
export * from './options/frontend.options.js';
export * from './options/protocol-values.js';
export { isLoopback } from './secure-url.js';
export { nearest } from './options/nearest.js';
export { OptionsError, type OptionProblem } from './options/reading.js';

const MANY = 1_000_000;

export class OutboundOptions {
  @MayBeAbsent()
  @Must(proxyUrl)
  proxy?: string;

  @Must(listOf(text()))
  noProxy: string[] = [];

  @MayBeAbsent()
  @Must(authoritiesFile)
  caFile?: string;

  @Must(seconds(3600))
  timeout = 10;
}

/** Anonymous traffic mustn't get the client throttled at its authorization server. Rates are a second. */
export class LimitOptions {
  @Must(integer(1, MANY))
  loginBurst = 20;

  @Must(positive)
  loginRate = 1;

  @Must(integer(1, MANY))
  loginBurstTotal = 200;

  @Must(positive)
  loginRateTotal = 50;

  @Must(integer(1, MANY))
  pushesInFlight = 50;
}

/** Every duration is in seconds. docs/contract.md says what each option means and its default. */
export class BffOptions {
  @Must(storageUrl)
  storageUrl!: string;

  /** The first seals, all open. */
  @Must(listOf(sealingKey, 1))
  keys!: string[];

  @Must(prefix)
  pathPrefix = '';

  @Must(listOf(proxyAddress))
  trustedProxies: string[] = [];

  @Must(listOf(hostname))
  allowHttpFor: string[] = [];

  @Must(record)
  @ValidateNested()
  @Type(() => OutboundOptions)
  outbound = new OutboundOptions();

  @Must(record)
  @ValidateNested()
  @Type(() => LimitOptions)
  limits = new LimitOptions();

  @Must(records(1))
  @ValidateNested()
  @Type(() => FrontendOptions)
  frontends!: FrontendOptions[];
}

/** `Required` has to be there, the rest has defaults; `undefined` is as good as absent. */
type Input<Options, Required extends keyof Options = never> = Pick<Options, Required> & {
  [Key in Exclude<keyof Options, Required>]?: Options[Key] | undefined;
};
export type ApiRouteOptionsInput = Input<ApiRouteOptions, 'path' | 'upstream'>;
type Routes = { apiRoutes?: ApiRouteOptionsInput[] | undefined };
export type FrontendOptionsInput = Input<Omit<FrontendOptions, 'apiRoutes'>, 'publicUrl' | 'issuer' | 'clientId'> &
  Routes;
type FrontendDefaults = Input<Omit<FrontendOptions, 'apiRoutes'>> & Routes;
type SharedOptionsInput = Input<Omit<BffOptions, 'frontends' | 'outbound' | 'limits'>, 'storageUrl' | 'keys'> & {
  outbound?: Input<OutboundOptions> | undefined;
  limits?: Input<LimitOptions> | undefined;
};
/**
 * What a host writes. The options of the one frontend stand beside the others; or each of several stands in `frontends`, and those beside
 * it are their defaults.
 */
export type BffOptionsInput = SharedOptionsInput &
  ((FrontendOptionsInput & { frontends?: undefined }) | (FrontendDefaults & { frontends: FrontendDefaults[] }));

/** Options with their defaults. Throws `OptionsError` with all problems at once; a result read again gives the same. */
export function readOptions(input: unknown): BffOptions {
  if (!isRecord(input)) throw new OptionsError([{ path: 'options', text: 'must be an object' }]);
  const inherited = inheritedNames(input);
  if (inherited.length > 0) throw new OptionsError(inherited);
  const options = plainToInstance(BffOptions, withFrontends(input), { exposeUnsetFields: false });
  const problems = problemsOf(options, FRONTEND_KEYS);
  const failed = (path: string) => problems.some(problem => covers(problem.path, path));
  const found = [...problems, ...relationProblems(frontendsOf(options), options, failed)];
  if (found.length > 0)
    throw new OptionsError(distinct(found.map(problem => ({ ...problem, path: whereGiven(problem.path, input) }))));
  return options;
}

function frontendsOf({ frontends }: BffOptions): FrontendOptions[] {
  return Array.isArray(frontends) ? frontends.filter(Boolean) : [];
}

/** Whether a problem at `problem` spoils the option at `path`: the same, something inside it, or something around it. */
function covers(problem: string, path: string): boolean {
  return within(problem, path) || within(path, problem);
}

function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

function distinct(problems: OptionProblem[]): OptionProblem[] {
  return [...new Map(problems.map(problem => [`${problem.path} ${problem.text}`, problem])).values()];
}
