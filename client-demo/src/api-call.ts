import { useEffect, useState } from 'react';
import { BffError, type Problem, callApi, keepCall, problemOf, takeKeptCall } from './bff.js';
import type { SessionView } from './session.js';

export type ApiResult = { ok: true; body: unknown } | { ok: false; problem: Problem };

async function outcome(path: string, init: RequestInit): Promise<ApiResult> {
  try {
    const response = await callApi(path, init);
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    return { ok: true, body: await response.json() };
  } catch (error) {
    if (!(error instanceof BffError)) throw error;
    return { ok: false, problem: error.problem };
  }
}

/** One API call at a time and its result; the session hears of a 401, and of the deadline that a call moves. */
export function useApiCall(session: SessionView) {
  const [result, setResult] = useState<ApiResult | null>(null);
  const [busy, setBusy] = useState(false);
  const user = session.state.status === 'authenticated' ? session.state.user : null;
  const call = async (path: string, init: RequestInit = {}) => {
    setBusy(true);
    const latest = await outcome(path, init);
    setBusy(false);
    setResult(latest);
    if (latest.ok) session.accepted();
    // Without a loginUrl it's the API's own 401, and another login wouldn't help.
    else if (latest.problem.status === 401 && latest.problem.loginUrl !== undefined) session.refused(latest.problem);
    if (!latest.ok && latest.problem.code === 'step_up_required' && user !== null) keepCall(path, user);
    await session.reread();
  };
  const sub = user?.sub;
  useEffect(() => {
    const kept = user === null ? undefined : takeKeptCall(user);
    if (kept !== undefined) void call(kept);
    // once for each user: what waited has gone then
  }, [sub]);
  return { result, busy, call };
}
