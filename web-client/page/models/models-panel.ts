import { AppError, readVerified, recogniseError, type Manifest } from '@sld-edge/runtime';
import type { ClassifierReport } from '@sld-edge/runtime';
import { readOver } from '@sld-edge/runtime/transfer';
import { forgetModel } from '../../offline/forget-model.ts';
import { adoptStyles, element } from '../element.ts';
import { formatBytes, formatPercent } from '../format.ts';
import { CHOICE_TEXT as text, VARIANT_TEXT } from '../panel-strings.ts';
import { addressOf, listModels, listVariants, sectionOf, type ListedModel, type ListedVariant } from './model-list.ts';
import styles from './models-panel.css?inline';

adoptStyles(styles);

/** Services of the page for the choice of a model. */
export interface ModelsHost {
  /** Element that the panel is put into. */
  root: HTMLElement;
  /** Folder of the page, with a trailing slash. */
  folder: string;
  engine(): ClassifierReport | null;
}

const hasKeeper = (): boolean => {
  try {
    return Boolean(navigator.serviceWorker?.controller);
  } catch {
    // A sandboxed frame refuses to tell.
    return false;
  }
};

/** Sections of a card that say what a figure does not. */
const CARD_SECTIONS = ['Intended use and limits', 'Data'];

/** Shows the models that there are, each with the ways to compute it. @throws AppError where there is no list */
export async function showModels(host: ModelsHost): Promise<void> {
  const { root, folder } = host;
  const outcome = element('p', { class: 'hint', role: 'status' });
  const models = await listModels(new URL('models/', folder).href, { hasKeeper: hasKeeper() });
  const list = element('ul', { class: 'models' });
  const draw = (): void =>
    list.replaceChildren(...models.map((model) => modelItem(model, host.engine(), () => void remove(model))));
  const remove = async (model: ListedModel): Promise<void> => {
    try {
      await forgetModel(folder, model.entry.name, text);
      model.onDevice = false;
      outcome.textContent = text.removed(model.entry.title);
      draw();
      list.querySelector<HTMLElement>('a, summary')?.focus();
    } catch (thrown) {
      outcome.textContent = text.notRemoved(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  draw();
  root.replaceChildren(list, outcome);
}

function modelItem({ entry, described, onDevice, packageUrl }: ListedModel, engine: ClassifierReport | null, onRemove: () => void): HTMLElement {
  const answers = engine?.model === entry.name;
  const remove = element('button', { type: 'button', class: 'quiet', 'aria-label': text.removeModel(entry.title) }, text.remove);
  remove.addEventListener('click', onRemove);
  const head = element(
    'div',
    { class: 'model-head' },
    element('strong', { dir: 'auto' }, entry.title),
    answers ? element('span', { class: 'tag good' }, text.chosen) : null,
    onDevice ? element('span', { class: 'tag' }, text.onDevice) : null,
    entry.quick ? element('span', { class: 'tag' }, text.quick) : null,
    onDevice && !answers ? remove : null,
  );
  if (described instanceof AppError)
    return element('li', {}, head, element('p', { class: 'hint' }, text.unreadable(described.message)));
  const { labels, preprocessing, documents } = described;
  return element(
    'li',
    {},
    head,
    element('p', { class: 'hint' }, text.facts(labels.length, preprocessing.width, preprocessing.height)),
    variantList(described, engine),
    documents.some(({ path }) => path === 'card.md') ? cardOf(described, packageUrl) : null,
  );
}

function variantList(manifest: Manifest, engine: ClassifierReport | null): HTMLElement {
  const items = listVariants(manifest).map((variant) => {
    const { name, about } = VARIANT_TEXT[variant.name];
    const answers = engine?.model === manifest.name && engine.variant === variant.name;
    const address = addressOf(location.search, manifest.name, variant.isDefault ? undefined : variant.name);
    const use = element('a', { href: address, 'aria-label': `${text.useModel(manifest.title)}: ${name}` }, text.use);
    return element(
      'li',
      { class: answers ? 'in-use' : '' },
      element('strong', {}, name, element('small', {}, variant.name)),
      answers ? element('span', { class: 'tag good' }, text.chosen) : use,
      element('span', { class: 'variant-about' }, about),
      element('span', { class: 'variant-facts' }, ...figures(variant).map((figure) => element('span', {}, figure))),
    );
  });
  return element('ul', { class: 'variants', 'aria-label': text.variants(manifest.title) }, ...items);
}

function figures({ bytes, accuracy, agreement, abstainThreshold, calibrationError }: ListedVariant): string[] {
  return [
    `${text.download} ${formatBytes(bytes)}`,
    ...(accuracy ? [`${text.accuracy}: ${text.accuracyOf(formatPercent(accuracy.top1), accuracy.count)}`] : []),
    ...(agreement ? [text.agreementOf(formatPercent(agreement.top1), agreement.count)] : []),
    ...(calibrationError === undefined ? [] : [text.calibrationError(formatPercent(calibrationError))]),
    ...(abstainThreshold === null ? [] : [text.withheld(formatPercent(abstainThreshold))]),
  ];
}

/** The card comes when it is opened; its bytes are compared with the manifest's. */
function cardOf({ documents }: Manifest, packageUrl: string): HTMLElement {
  const file = documents.find(({ path }) => path === 'card.md')!;
  const body = element('div', { class: 'card-text' });
  const links = documents
    .filter(({ path }) => path === 'card.md' || path === 'report.html')
    .map(({ path }) =>
      element('a', { href: new URL(path, packageUrl).href, target: '_blank', rel: 'noopener' }, path === 'card.md' ? text.wholeCard : text.report),
    );
  const details = element('details', { class: 'model-card' }, element('summary', {}, text.card), body);
  details.addEventListener(
    'toggle',
    () => {
      void readVerified(readOver(packageUrl), file)
        .then((bytes) => {
          const card = new TextDecoder().decode(bytes);
          const sections = CARD_SECTIONS.map((heading) => [heading, sectionOf(card, heading)] as const);
          body.replaceChildren(
            ...sections.flatMap(([heading, paragraphs]) =>
              paragraphs.length === 0 ? [] : [element('h3', { dir: 'auto' }, heading), ...paragraphs.map((one) => element('p', { dir: 'auto' }, one))],
            ),
            element('p', { class: 'card-links' }, ...links),
          );
        })
        .catch((thrown: unknown) => body.replaceChildren(element('p', { class: 'hint' }, text.cardUnread(recogniseError(thrown).message))));
    },
    { once: true },
  );
  return details;
}
