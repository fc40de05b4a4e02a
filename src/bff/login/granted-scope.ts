/** They ask for claims and a refresh token (OpenID Connect Core §5.4, §11): the scope of a token that is for one API doesn't name them (RFC 8707 §2.2). */
const OF_OPENID = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

/** What APIs were asked for and wasn't granted; a server that grants everything need not say so (RFC 6749 §3.3, §5.1). */
export function missingScopes(asked: string, granted: string | undefined): string[] {
  if (granted === undefined) return [];
  const names = [...granted.split(' '), ...OF_OPENID];
  return asked.split(' ').filter(name => !names.includes(name));
}
