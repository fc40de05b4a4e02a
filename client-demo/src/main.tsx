import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { takeLoginError } from './login-error.js';
import './styles/theme.css';
import './styles/layout.css';
import './styles/controls.css';
import './styles/cards.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

// Before the first render: effects run twice in development, and this can be taken only once.
const loginError = takeLoginError();

createRoot(root).render(
  <StrictMode>
    <App loginError={loginError} />
  </StrictMode>,
);
