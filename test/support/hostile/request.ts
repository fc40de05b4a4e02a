import { decodeJwt } from 'jose';

/** The parameters of a pushed request, taken out of its request object where there is one (RFC 9101). Its signature is for the test to look at. */
export function requestIn(params: URLSearchParams): URLSearchParams {
  const jwt = params.get('request');
  if (jwt === null) return new URLSearchParams(params);
  const pairs = Object.entries(decodeJwt(jwt)).flatMap(([name, value]) =>
    (name === 'resource' && Array.isArray(value) ? value : [value]).map(one => [
      name,
      typeof one === 'object' ? JSON.stringify(one) : String(one),
    ]),
  );
  return new URLSearchParams(pairs.filter(([name = '']) => !OF_THE_JWT.includes(name)));
}

const OF_THE_JWT = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];
