import { type SessionData, Store } from 'express-session';
import type { Frontend } from '../frontend.js';
import { sessionCookie } from './session-cookie.js';
import { type Session, sessionKey } from './session-record.js';
import type { Sessions } from './session.js';

declare module 'express-session' {
  interface SessionData {
    /** The BFF's session. It isn't a part of what express-session hashes and saves. */
    bff?: AttachedSession;
  }
}

/** Invisible to JSON, so that express-session neither saves nor compares it. */
export class AttachedSession {
  constructor(readonly session: Session) {}

  toJSON(): undefined {
    return undefined;
  }
}

/** What a host keeps in `req.session`: a record of its own, beside the session's. */
type HostData = Record<string, unknown>;

/**
 * express-session's store. Only a login creates a session: `set` on an ended or unknown id writes nothing, so that a slow request which ends after the
 * logout brings nothing back (R10). There's no `touch`: express-session calls it at the end of a response, which for a stream may be hours after the
 * user did something; the session middleware slides the idle deadline instead.
 */
export class SessionStore extends Store {
  constructor(
    private readonly frontend: Frontend,
    private readonly sessions: Sessions,
  ) {
    super();
  }

  override get(id: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    this.find(id).then(data => callback(null, data), callback);
  }

  override set(id: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    this.save(id, data).then(() => callback(), callback);
  }

  /** A host's own `req.session.destroy()`. At a login the replaced session has been ended before express-session comes here. */
  override destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    this.end(id).then(() => callback(), callback);
  }

  private async find(id: string): Promise<SessionData | null> {
    const session = await this.sessions.find(this.frontend, id);
    if (!session) return null;
    const data = await this.frontend.records.get<HostData>(`${session.key}:data`);
    return { ...structuredClone(data?.value), cookie: sessionCookie(this.frontend), bff: new AttachedSession(session) };
  }

  private async save(id: string, { cookie: _cookie, bff: _bff, ...data }: SessionData): Promise<void> {
    // of most sessions a host keeps nothing, and least of all of one that has just begun
    if (Object.keys(data).length === 0 && !(await this.hasData(id))) return;
    const session = await this.sessions.find(this.frontend, id);
    if (!session) return;
    const key = `${session.key}:data`;
    await this.frontend.records.put(key, data, session.absoluteExpiresAt - Date.now());
    // it may have ended in between, and its end deletes this record after the session's own
    if (!(await this.sessions.find(this.frontend, id))) await this.frontend.records.delete(key);
  }

  private async hasData(id: string): Promise<boolean> {
    const { keys, records } = this.frontend;
    for (const mac of keys.macs('storage key', id)) {
      if (await records.storage.get(`${sessionKey(this.frontend, mac)}:data`)) return true;
    }
    return false;
  }

  private async end(id: string): Promise<void> {
    const session = await this.sessions.find(this.frontend, id);
    if (session) await this.sessions.endAndRevoke(session, 'logout');
  }
}
