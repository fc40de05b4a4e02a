import { type MouseEvent, type ReactNode, useSyncExternalStore } from 'react';

const NAVIGATED = 'app:navigated';

function subscribe(changed: () => void): () => void {
  addEventListener('popstate', changed);
  addEventListener(NAVIGATED, changed);
  return () => {
    removeEventListener('popstate', changed);
    removeEventListener(NAVIGATED, changed);
  };
}

/** Path and query as the address bar has them: what `return_to` must bring back. */
export function currentPath(): string {
  return location.pathname + location.search;
}

/** Follows the address bar. */
export function usePath(): { path: string; pathname: string; query: URLSearchParams } {
  const path = useSyncExternalStore(subscribe, currentPath);
  const { pathname, searchParams } = new URL(path, location.origin);
  return { path, pathname, query: searchParams };
}

export function Link(props: { to: string; current: boolean; children: ReactNode }) {
  const follow = (event: MouseEvent) => {
    // A modified click is the user's wish for a new tab or window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState(null, '', props.to);
    dispatchEvent(new Event(NAVIGATED));
  };
  return (
    <a href={props.to} onClick={follow} aria-current={props.current ? 'page' : undefined}>
      {props.children}
    </a>
  );
}
