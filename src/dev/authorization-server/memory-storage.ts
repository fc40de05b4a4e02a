import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  model: string;
  payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** What oidc-provider keeps, for the life of one server; its own in-memory storage forgets everything beyond 1,000 entries. */
export class MemoryStorage {
  private readonly entries = new Map<string, Entry>();

  adapter(model: string): Adapter {
    const keyOf = (id: string) => `${model}:${id}`;
    return {
      upsert: async (id, payload, expiresIn) => this.put(keyOf(id), model, payload, expiresIn),
      find: async id => this.get(keyOf(id)),
      findByUid: async uid => this.all(model).find(payload => payload.uid === uid),
      findByUserCode: async userCode => this.all(model).find(payload => payload.userCode === userCode),
      consume: async id => {
        const payload = this.get(keyOf(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async id => void this.entries.delete(keyOf(id)),
      revokeByGrantId: async grantId => this.deleteWhere(entry => entry.model === model && belongsTo(grantId, entry)),
    };
  }

  /** Destroys a subject's grants and what was issued on them: the next refresh answers `invalid_grant`. */
  revokeGrantsOf(sub: string): void {
    for (const { jti } of this.all('Grant').filter(grant => grant.accountId === sub)) {
      if (jti) this.deleteWhere(entry => entry.payload.jti === jti || belongsTo(jti, entry));
    }
  }

  private put(key: string, model: string, payload: AdapterPayload, expiresIn = Infinity): void {
    this.entries.set(key, { model, payload, expiresAt: Date.now() + expiresIn * 1000 });
    if (this.entries.size % 500 === 0) this.deleteWhere(entry => entry.expiresAt <= Date.now());
  }

  private get(key: string): AdapterPayload | undefined {
    const entry = this.entries.get(key);
    return entry && entry.expiresAt > Date.now() ? entry.payload : undefined;
  }

  private all(model: string): AdapterPayload[] {
    const now = Date.now();
    return [...this.entries.values()]
      .filter(entry => entry.model === model && entry.expiresAt > now)
      .map(entry => entry.payload);
  }

  private deleteWhere(matches: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.entries) if (matches(entry)) this.entries.delete(key);
  }
}

function belongsTo(grantId: string, entry: Entry): boolean {
  return entry.payload.grantId === grantId;
}
