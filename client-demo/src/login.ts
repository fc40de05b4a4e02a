import { useCallback, useEffect, useState } from 'react';
import { BffError, logout, startLogin } from './bff.js';
import { keepLoginTrace } from './oauth-trace.js';
import { currentPath } from './router.js';

export interface Login {
  /** A navigation is being prepared: a second click would only push a second request. */
  busy: boolean;
  error: string | null;
  dismissError: () => void;
  logIn: (loginUrl?: string) => Promise<void>;
  logOut: () => Promise<void>;
}

/** Leaving the page for a login or logout, and what went wrong with it. */
export function useLogin(initialError: string | null): Login {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(initialError);
  const dismissError = useCallback(() => setError(null), []);

  useEffect(() => {
    // "Back" may restore this page from memory, busy as it was left.
    const restored = () => setBusy(false);
    addEventListener('pageshow', restored);
    return () => removeEventListener('pageshow', restored);
  }, []);

  const leave = async (destination: () => Promise<string>) => {
    setBusy(true);
    setError(null);
    try {
      location.assign(await destination());
    } catch (failure) {
      setBusy(false);
      setError(explain(failure));
    }
  };
  const logIn = (loginUrl?: string) => leave(() => pushAndKeep(loginUrl));
  const logOut = () => leave(logout);
  return { busy, error, dismissError, logIn, logOut };
}

async function pushAndKeep(loginUrl: string | undefined): Promise<string> {
  const redirect = await startLogin(currentPath(), loginUrl);
  keepLoginTrace({ by: 'fetch', ...redirect });
  return redirect.redirectUrl;
}

function explain(failure: unknown): string {
  if (!(failure instanceof BffError)) throw failure;
  const { title, detail, reference } = failure.problem;
  return (detail ?? title) + (reference === undefined ? '' : ` (reference ${reference})`);
}
