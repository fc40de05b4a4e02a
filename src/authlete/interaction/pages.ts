import type { AuthorizationRequest } from './authorization-request.js';
import { html, type Markup, visible } from './html.js';
import type { Page } from './page.js';

export interface Messages {
  alert?: string;
  note?: string;
}

interface Shown extends Messages {
  request: AuthorizationRequest;
  csrf: string;
}

export function loginPage({ request, csrf, ...messages }: Shown, username: string): Page {
  const content = html`<p>to continue to <strong>${visible(request.clientName)}</strong></p>
    ${said(messages)}
    <form method="post">
      <div class="fields">
        <label for="username">User name</label>
        <input
          id="username"
          name="username"
          value="${username}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          ${username === '' ? AUTOFOCUS : undefined}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${username === '' ? undefined : AUTOFOCUS}
        />
      </div>
      ${hidden(csrf)}
      <button class="main" name="decision" value="login">Sign in</button>
      <button name="decision" value="deny" formnovalidate>Cancel</button>
    </form>`;
  return { title: 'Sign in', content };
}

const AUTOFOCUS = html`autofocus`;

export function consentPage({ request, csrf, ...messages }: Shown, person: string): Page {
  const content = html`<p><strong>${visible(request.clientName)}</strong> asks for access to your account, to:</p>
    ${said(messages)}
    <ul>
      ${asked(request)}
    </ul>
    <p>You are signed in as <strong>${person}</strong>.</p>
    <form method="post">
      ${hidden(csrf)}
      <button class="main" name="decision" value="allow">Allow</button>
      <button name="decision" value="deny">Deny</button>
      <button class="link" name="decision" value="switch">Use another account</button>
    </form>`;
  return { title: 'Allow access?', content };
}

function asked({ scopes, dynamicScopes, resources, details, ...request }: AuthorizationRequest): Markup[] {
  const claims = [...new Set([...request.claims, ...request.claimsAtUserInfo])];
  const items = [
    ...scopes.map(
      ({ name, description = name }) => html`<li>${visible(description)} <code>${visible(name)}</code></li>`,
    ),
    ...dynamicScopes.map(value => html`<li>Do this <code>${visible(value)}</code></li>`),
    ...resources.map(resource => html`<li>Act for you at <code>${visible(resource)}</code></li>`),
    ...(claims.length > 0
      ? [html`<li>Know these facts about you <code>${visible(claims.join(', '))}</code></li>`]
      : []),
    // the pre can be scrolled, so that it has to take the focus
    ...details.map(
      detail =>
        html`<li>
          Do what is described here
          <pre tabindex="0">${visible(detail)}</pre>
        </li>`,
    ),
  ];
  return items.length > 0 ? items : [html`<li>Know that you have signed in</li>`];
}

/** What to do next is the same each time: only the application can start it again. */
export function explainingPage(title: string, reason: string): Page {
  const content = html`<p role="alert">${reason}</p>
    <p>Go back to the application and start again.</p>`;
  return { title, content };
}

function said({ alert, note }: Messages): Markup {
  return html`${alert === undefined ? undefined : html`<p role="alert">${alert}</p>`}
  ${note === undefined ? undefined : html`<p class="note">${note}</p>`}`;
}

function hidden(csrf: string): Markup {
  return html`<input type="hidden" name="csrf" value="${csrf}" />`;
}
