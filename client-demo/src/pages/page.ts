import type { Login } from '../login.js';
import type { SessionView } from '../session.js';

export interface PageProps {
  session: SessionView;
  login: Login;
  query: URLSearchParams;
}
