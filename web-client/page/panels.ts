import { recogniseError } from '@sld-edge/runtime';
import type { DeviceHost, DevicePanel } from './device/device-panel.ts';
import { byId } from './element.ts';
import { errorCard } from './error-card.ts';
import { loadPart } from './parts.ts';
import { PAGE_TEXT } from './strings.ts';

/** Panels below the answer; each comes when it is opened. */
export interface Panels {
  /** Tells anew what may have changed. */
  update(): void;
}

/** @param folder of the page, with a trailing slash */
export function createPanels(folder: string, host: Pick<DeviceHost, 'build' | 'state'>): Panels {
  let device: DevicePanel | undefined;
  onOpen('models', async (root) => {
    root.textContent ||= PAGE_TEXT.lookingForModels;
    const { showModels } = await loadPart('models');
    await showModels({ root, folder, engine: () => host.state().engine });
  });
  onOpen('details', async (root) => {
    device ??= (await loadPart('device')).createDevicePanel({ ...host, folder, root });
    await device.update();
  });
  return { update: () => void device?.update() };
}

/** @param show rejects where there is nothing to show: then the reason is shown, and the next opening tries again */
function onOpen(id: string, show: (root: HTMLElement) => Promise<void>): void {
  const details = byId<HTMLDetailsElement>(id);
  const root = details.querySelector<HTMLElement>('.panel')!;
  details.addEventListener('toggle', () => {
    if (details.open) show(root).catch((thrown: unknown) => root.replaceChildren(errorCard(recogniseError(thrown))));
  });
}
