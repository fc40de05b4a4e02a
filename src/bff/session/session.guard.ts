import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';
import type { Request } from 'express';
import { BffError } from '../errors.js';
import { sessionOf } from './session.middleware.js';
import type { Session } from './session-record.js';
import { Sessions } from './session.js';

/** For a host's own controllers: 401 `not_authenticated` without a session. Use it together with {@link CsrfGuard}. */
@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    requiredSession(context);
    return true;
  }
}

/** The claims of `SESSION_CLAIMS` of whoever is logged in. */
export const CurrentUser = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => requiredSession(context).user,
);

@Injectable()
class AccessTokenPipe implements PipeTransform<Session, Promise<string>> {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  async transform(session: Session): Promise<string> {
    return (await this.sessions.tokens(session)).accessToken;
  }
}

const SessionParameter = createParamDecorator((_data: unknown, context: ExecutionContext) => requiredSession(context));

/** A valid access token of whoever is logged in, refreshed when due; `token_expired`, `session_ended` or `authorization_server_unavailable` when there's none. */
export const AccessToken = (): ParameterDecorator => SessionParameter(AccessTokenPipe);

function requiredSession(context: ExecutionContext): Session {
  const session = sessionOf(context.switchToHttp().getRequest<Request>());
  if (!session) throw new BffError('not_authenticated');
  return session;
}
