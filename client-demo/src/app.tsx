import { useEffect, useRef } from 'react';
import { ExpiredBanner } from './cards/expired-banner.js';
import { ExpiringBanner } from './cards/expiring-banner.js';
import { OauthPanel } from './cards/oauth-panel.js';
import { Header } from './header.js';
import { useLogin } from './login.js';
import { About } from './pages/about.js';
import { Home } from './pages/home.js';
import { NotFound } from './pages/not-found.js';
import { Orders } from './pages/orders.js';
import type { PageProps } from './pages/page.js';
import { YourSessions } from './pages/your-sessions.js';
import { usePath } from './router.js';
import { useSession } from './session.js';

const PAGES = new Map([
  ['/', { title: 'Home', Page: Home }],
  ['/orders', { title: 'Orders', Page: Orders }],
  // `/sessions` itself is the BFF's
  ['/your-sessions', { title: 'Your sessions', Page: YourSessions }],
  ['/about', { title: 'About', Page: About }],
]);
const NOT_FOUND = { title: 'Not found', Page: NotFound };

export function App(props: { loginError: string | null }) {
  const session = useSession();
  const login = useLogin(props.loginError);
  const { path, pathname, query } = usePath();
  const { title, Page } = PAGES.get(pathname) ?? NOT_FOUND;
  const main = useFocusOnPageChange(pathname, title);
  const pageProps: PageProps = { session, login, query };

  return (
    <>
      <Header session={session} login={login} pathname={pathname} />
      <ExpiringBanner session={session} login={login} />
      <ExpiredBanner state={session.state} login={login} />
      <main ref={main} tabIndex={-1}>
        {login.error !== null && (
          <div className="notice notice-bad" role="alert" data-testid="login-error">
            <p>{login.error}</p>
            <button type="button" className="button-quiet" onClick={login.dismissError}>
              Dismiss
            </button>
          </div>
        )}
        <Page {...pageProps} />
        <OauthPanel />
      </main>
      <footer>
        You are at <code data-testid="path">{path}</code>
      </footer>
    </>
  );
}

/** A client-side change of page says nothing by itself to a screen reader, and leaves the focus in the old page. */
function useFocusOnPageChange(pathname: string, title: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    document.title = `${title} · Parlour demo`;
    if (shown.current !== pathname) main.current?.focus();
    shown.current = pathname;
  }, [pathname, title]);
  return main;
}
