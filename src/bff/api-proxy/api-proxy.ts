import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { BffError, PROBLEMS, type StepUp } from '../errors.js';
import { type Events, referenceOf } from '../events.js';
import type { Frontend } from '../frontend.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { Session } from '../session/session-record.js';
import type { SessionWatch } from '../session/session-watch.js';
import { setHead } from './answer-head.js';
import { BrowserGone } from './api-failure.js';
import type { ApiRoute, ApiTarget } from './api-route.js';
import { authorizationOf, demandsNonce, nonceOf } from './authorization.js';
import { type CallTokens, isUsers } from './call-token.js';
import type { ApiAnswer } from './exchange.js';
import { abortedWith, type ApiCall, isRepeatable, passBody, send } from './forward.js';
import { type Field, valuesOf } from './fields.js';
import { requestFields, responseFields } from './headers.js';
import { hasBody, RequestBody } from './request-body.js';
import { SessionEnd } from './session-end.js';
import { demandsStepUp, stepUpOf } from './step-up.js';
import { passTrailers } from './trailers.js';
import { handshakeFields, switchingFields } from './websocket-handshake.js';
import type { WebSockets } from './websockets.js';

/** A call that has passed all checks. */
export interface CheckedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly frontend: Frontend;
  readonly target: ApiTarget;
  /** That it's made for: it ends with it. */
  readonly session: Session | undefined;
}

/** One that is under way. */
type Call = ApiCall &
  CheckedCall & {
    /** What an API was told in one sending or another, and the browser mustn't be (B16). */
    readonly told: string[];
  };

interface Answered {
  readonly answer: ApiAnswer;
  /** What it answers to; nothing on a route that sends no token. */
  readonly tokens: TokenSet | undefined;
  readonly secrets: readonly string[];
}

/** Session in, access token out: sends the browser's call to its API and passes the answer back. */
export class ApiProxy {
  /** What was stripped is said once a route, not with every answer. */
  private readonly said = new WeakMap<ApiRoute, Set<string>>();

  constructor(
    private readonly tokens: CallTokens,
    private readonly events: Events,
    private readonly outbound: Dispatcher,
    private readonly watch: SessionWatch,
    private readonly webSockets: WebSockets,
  ) {}

  /** Throws what the browser is to be told. Once the answer is under way nobody can be told anything: it breaks off, and the log knows. */
  async forward(checked: CheckedCall): Promise<void> {
    const { request, response, target } = checked;
    const abort = abortedWith(response);
    const { options } = target.route;
    const body = hasBody(request) ? new RequestBody(request, options, why => abort.abort(why)) : undefined;
    const call: Call = { ...checked, abort, body, told: [] };
    const { session } = call;
    const end = session && new SessionEnd({ ...call, session }, this.watch);
    try {
      await this.pass(call, await this.ask(call), end);
    } catch (error) {
      if (error instanceof BrowserGone) return;
      this.recordFailure(call, error);
      if (!call.response.headersSent) throw error;
    } finally {
      end?.stop();
    }
  }

  private async pass(call: Call, answered: Answered, end: SessionEnd | undefined): Promise<void> {
    const { connection } = answered.answer;
    if (connection) {
      // a socket tells its page why it closes
      end?.stop();
      return this.webSockets.join(call, connection, () => this.answerHead(call, answered));
    }
    const isStream = this.answerHead(call, answered);
    await passBody(call, answered.answer, isStream);
  }

  private async ask(call: Call): Promise<Answered> {
    try {
      const answered = await this.sendWith(await this.tokens.of(call), call);
      return isTokenRefused(answered) ? await this.askAgain(call, answered) : answered;
    } finally {
      call.body?.settle();
    }
  }

  /** The API refused the token before its time: a fresh one, and the same call once more unless its body is gone (R12). */
  private async askAgain(call: Call, refused: Answered): Promise<Answered> {
    if (!refused.tokens) return refused;
    try {
      const tokens = await this.tokens.rejected(call, refused.tokens);
      if (tokens === undefined || !isRepeatable(call)) return refused;
      refused.answer.body.discard();
      return await this.sendWith(tokens, call);
    } catch (error) {
      refused.answer.body.discard();
      throw error;
    }
  }

  /** Once more where the API wants another nonce in the proof, unless the body is gone (F6). */
  private async sendWith(tokens: TokenSet | undefined, call: Call): Promise<Answered> {
    const first = await this.sendOnce(tokens, call);
    if (!lacksNonce(first) || !isRepeatable(call)) return first;
    first.answer.body.discard();
    return this.sendOnce(tokens, call);
  }

  private async sendOnce(tokens: TokenSet | undefined, call: Call): Promise<Answered> {
    const { request, frontend, target } = call;
    const { nonces } = frontend.client;
    const { fields, secrets } = await authorizationOf(tokens, call, nonces.of(target.route.origin));
    const all = [...requestFields(request, frontend), ...handshakeFields(request), ...fields];
    const answer = await send(this.dispatcherOf(call), call, all);
    if (tokens?.dpopKey) nonces.learn(target.route.origin, nonceOf(answer));
    call.told.push(...secrets);
    return { answer, tokens, secrets: call.told };
  }

  private dispatcherOf({ frontend, target }: CheckedCall): Dispatcher {
    return target.route.options.clientCertificate ? frontend.client.credentials.dispatcher : this.outbound;
  }

  /** Says whether an event stream follows. */
  private answerHead(checked: CheckedCall, { answer, secrets }: Answered): boolean {
    const { target, frontend, request, response } = checked;
    try {
      if (isUsers(checked) && demandsStepUp(answer)) this.offerStepUp(checked, stepUpOf(answer, frontend, secrets));
      const passed = responseFields(answer, target, frontend, secrets);
      const more = switchingFields(request, answer);
      setHead(response, answer.status, [...passed.fields, ...more, ...passTrailers(request, answer, secrets)]);
      this.events.proxied(frontend.name, target.route.name, answer.status);
      this.recordStripped(request, frontend, target.route, passed.stripped);
      return isEventStream(passed.fields);
    } catch (error) {
      answer.body.discard();
      throw error;
    }
  }

  /** A login that can't be offered leaves the API's 401 as it is. */
  private offerStepUp({ request, frontend, target: { route } }: CheckedCall, stepUp?: StepUp): void {
    const at = { frontend: frontend.name, reference: referenceOf(request), route: route.name };
    if (!stepUp) return this.events.record({ event: 'step_up_refused', ...at });
    this.events.proxied(frontend.name, route.name, 401);
    throw new BffError('step_up_required', { stepUp });
  }

  private recordStripped(request: IncomingMessage, frontend: Frontend, route: ApiRoute, headers: string[]): void {
    if (headers.length === 0) return;
    const said = this.said.get(route) ?? new Set();
    this.said.set(route, said);
    for (const header of headers.filter(name => !said.has(name))) {
      said.add(header);
      const at = { frontend: frontend.name, reference: referenceOf(request), route: route.name };
      this.events.record({ event: 'api_response_stripped', ...at, header });
    }
  }

  /** Only what the API did; what became of the session is told where that happens. */
  private recordFailure({ request, response, frontend, target: { route } }: CheckedCall, error: unknown): void {
    if (!(error instanceof BffError) || !error.code.startsWith('api_')) return;
    const at = { frontend: frontend.name, reference: referenceOf(request), route: route.name };
    this.events.record({ event: 'api_failed', ...at, code: error.code, reason: error.message });
    if (!response.headersSent) this.events.proxied(frontend.name, route.name, PROBLEMS[error.code].status);
  }
}

/** And neither its proof nor the user's login: a fresh token may do. */
function isTokenRefused(answered: Answered): boolean {
  return answered.answer.status === 401 && !lacksNonce(answered) && !demandsStepUp(answered.answer);
}

/** A bearer token has no proof that could. */
function lacksNonce({ answer, tokens }: Answered): boolean {
  return tokens?.dpopKey !== undefined && demandsNonce(answer);
}

function isEventStream(fields: Field[]): boolean {
  return valuesOf(fields, 'content-type').some(type => /^text\/event-stream\b/i.test(type));
}
