import { people } from './accounts.js';
import { html, trusted } from './html.js';
import type { Page } from './page.js';

const actions = (label: string) =>
  html`<div class="actions">
    <button class="primary" name="decision" value="continue">${label}</button>
    <button name="decision" value="cancel" formnovalidate>Cancel</button>
  </div>`;

export function loginPage(client: string, username: string, error?: string): Page {
  const names = people.map(({ sub }, index) => html`${index > 0 ? ', ' : ''}<code>${sub}</code>`);
  const content = html`<p>to continue to <strong>${client}</strong></p>
    ${error ? html`<p class="alert" role="alert">${error}</p>` : undefined}
    <p class="hint" id="hint">For example <strong>alice / any password</strong>.<br />Users: ${names}.</p>
    <form method="post">
      <label for="username">User name</label>
      <input
        id="username"
        name="username"
        value="${username}"
        required
        autofocus
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        aria-describedby="hint"
      />
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        required
        autocomplete="current-password"
        aria-describedby="hint"
      />
      ${actions('Sign in')}
    </form>`;
  return { title: 'Sign in', content };
}

/** Shown only when the client asks for it with `prompt=consent`. */
export function consentPage(client: string, username: string): Page {
  const content = html`<p><strong>${client}</strong> asks for access as <strong>${username}</strong>.</p>
    <form method="post">${actions(`Continue as ${username}`)}</form>`;
  return { title: 'Allow access?', content };
}

/**
 * `form` is oidc-provider's own, with its CSRF value; the buttons go into it. Where nobody need be asked it submits itself.
 */
export function logoutPage(form: string, ask: boolean): Page {
  const yes = html`<button class="primary" name="logout" value="yes">Sign out</button>`;
  const stay = html`<button>Stay</button>`;
  const fields = ask ? [yes, stay] : [html`<input type="hidden" name="logout" value="yes" /><button>Continue</button>`];
  const content = html`<p>
      ${ask ? 'The application asks to end your session here; you can also stay signed in.' : 'One moment …'}
    </p>
    ${trusted(form.replace('</form>', html`<div class="actions">${fields}</div></form>`.markup))}`;
  return ask
    ? { title: 'Sign out?', content }
    : { title: 'Signing out', content, script: 'document.forms[0].submit()' };
}

export function signedOutPage(): Page {
  return { title: 'Signed out', content: html`<p>Your session here has ended. You can close this page.</p>` };
}

export function errorPage(code: string, description?: string): Page {
  const content = html`<p>${description ?? 'The request could not be completed.'}</p>
    <p class="alert" role="alert"><code>${code}</code></p>
    <p>Go back to the application and start again.</p>`;
  return { title: 'This did not work', content };
}
