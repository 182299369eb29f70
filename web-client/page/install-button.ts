import { byId } from './element.ts';

/** Chromium's event, which TypeScript's DOM library does not know. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Offers to install the page as an app where the browser lets a page ask for it. */
export function offerInstall(): void {
  const button = byId<HTMLButtonElement>('install');
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    button.hidden = false;
    button.onclick = () => {
      button.hidden = true;
      void (event as InstallPrompt).prompt();
    };
  });
}
