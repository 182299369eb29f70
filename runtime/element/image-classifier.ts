import type { PageBackendName } from '../backends/names.ts';
import { Classifier } from '../browser/classifier.ts';
import type { ClassifierInput } from '../browser/inputs.ts';
import type { ClassifyResult } from '../browser/protocol.ts';
import type { CallOptions } from '../classifier/call-options.ts';
import { invalidOption } from '../classifier/call-options.ts';
import type { AppError } from '../errors/catalogue.ts';
import { recogniseError } from '../errors/recognise.ts';
import type { VariantName } from '../package/variants.ts';
import { askForCamera } from './camera.ts';
import { answerItem, createView, ELEMENT_TEXT, previewOf, type ElementView } from './view.ts';

/** Superclass: nothing if there is no DOM, so that the module can be imported all the same. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Attributes that another model follows from. */
const OF_MODEL = ['src', 'model', 'variant', 'backend'];

/**
 * `<image-classifier src top-k threshold camera multiple>`: takes pictures that are chosen, dropped or filmed, and shows what they are.
 *
 * Attributes: `src`, `model`, `variant`, `backend` as `Classifier.load`; `top-k`, `threshold`; `camera`, `multiple`, `disabled`, `required`,
 * `name`. In a form its value is the label of the likeliest class, one for each picture. Events, all of which bubble: `classifier-load` with the
 * report, `classifier-progress`, `classifier-answer` with `{ answer, input }`, `classifier-error` with the `AppError`, and `change`.
 * Slots: `prompt`, `footer`. Parts: `root`, `controls`, `button`, `status`, `error`, `video`, `answers`, `answer`, `preview`, `predictions`,
 * `prediction`, `best`, `label`, `probability`, `bar`, `unsure`.
 */
export class ImageClassifierElement extends Base {
  static readonly formAssociated = true;
  static readonly observedAttributes = [...OF_MODEL, 'camera', 'multiple', 'disabled', 'required'];

  readonly #internals: ElementInternals;
  readonly #view: ElementView;
  /** The one in use; a rejection is shown when it is loaded. */
  #loading: Promise<Classifier> | undefined;
  /** It was loaded by this element, which disposes of it. */
  #isOwn = false;
  #stopLoading = new AbortController();
  #stopCamera: AbortController | undefined;
  #answers: ClassifyResult[] = [];
  #turn = 0;

  constructor() {
    super();
    this.#internals = this.attachInternals();
    this.#view = createView(this.attachShadow({ mode: 'open', delegatesFocus: true }));
    const { root, input, button, cameraButton } = this.#view;
    button.addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      input.value = '';
      if (files.length > 0) void this.#take(files);
    });
    cameraButton.addEventListener('click', () => void (this.#stopCamera ? this.#stopCamera.abort() : this.#film()));
    const over = (isOver: boolean) => (event: Event) => {
      event.preventDefault();
      root.classList.toggle('over', isOver && !this.disabled);
    };
    root.addEventListener('dragover', over(true));
    root.addEventListener('dragleave', over(false));
    root.addEventListener('drop', (event) => {
      over(false)(event);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0 && !this.disabled) void this.#take(files);
    });
  }

  /** The classifier that answers. One that is assigned may be shared; the element does not dispose of it. */
  get classifier(): Promise<Classifier> {
    return this.#loading ?? this.#load();
  }

  set classifier(classifier: Classifier | Promise<Classifier>) {
    this.#dropModel();
    this.#isOwn = false;
    this.#loading = Promise.resolve(classifier);
    this.#view.say(ELEMENT_TEXT.ready);
  }

  /** The answers that are shown. */
  get answers(): readonly ClassifyResult[] {
    return this.#answers;
  }

  /** Label of the likeliest class of the first picture; empty if there is no answer. */
  get value(): string {
    return this.#answers[0]?.predictions[0].label ?? '';
  }

  get disabled(): boolean {
    return this.hasAttribute('disabled') || this.matches(':disabled');
  }

  /** Classifies pictures, shows the answers and gives them. @throws AppError as `Classifier.load` and `Classifier.classify` */
  async classify(...inputs: ClassifierInput[]): Promise<ClassifyResult[]> {
    const turn = ++this.#turn;
    this.#view.complain('');
    this.#view.say(ELEMENT_TEXT.working);
    try {
      const options = this.#options();
      const classifier = await this.classifier;
      const items: HTMLElement[] = [];
      const answers: ClassifyResult[] = [];
      for (const input of inputs) {
        const [answer, preview] = await Promise.all([
          classifier.classify(input, options),
          input instanceof Blob ? previewOf(input) : undefined,
        ]);
        if (turn !== this.#turn) return answers;
        answers.push(answer);
        items.push(answerItem(answer, preview));
        this.#view.show(items);
        this.#tell('classifier-answer', { answer, input });
      }
      this.#settle(answers);
      return answers;
    } catch (thrown) {
      const error = recogniseError(thrown);
      if (turn === this.#turn) this.#fail(error);
      throw error;
    }
  }

  /** Forgets the answers. */
  reset(): void {
    this.#turn++;
    this.#stopCamera?.abort();
    this.#view.show([]);
    this.#view.complain('');
    this.#settle([]);
  }

  connectedCallback(): void {
    this.#follow();
    if (!this.#loading && this.hasAttribute('src')) void this.#load().catch(() => undefined);
  }

  disconnectedCallback(): void {
    // An element that is moved is connected again at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#dropModel();
    });
  }

  attributeChangedCallback(name: string): void {
    this.#follow();
    if (!OF_MODEL.includes(name) || !this.#isOwn) return;
    this.#dropModel();
    if (this.isConnected && this.hasAttribute('src')) void this.#load().catch(() => undefined);
  }

  formResetCallback(): void {
    this.reset();
  }

  formDisabledCallback(): void {
    this.#follow();
  }

  #load(): Promise<Classifier> {
    this.#isOwn = true;
    this.#stopLoading = new AbortController();
    this.#view.complain('');
    this.#view.say(ELEMENT_TEXT.loading);
    const text = (name: string): string | undefined => this.getAttribute(name) ?? undefined;
    const loading = (async () =>
      Classifier.load(text('src') ?? invalidOption('src', 'the address of a package or of a folder of packages', undefined), {
        model: text('model'),
        variant: text('variant') as VariantName | undefined,
        backend: (text('backend') ?? 'auto') as PageBackendName,
        signal: this.#stopLoading.signal,
        onProgress: (progress) => this.#tell('classifier-progress', progress),
      }))();
    this.#loading = loading;
    loading.then(
      (classifier) => {
        if (loading !== this.#loading) return classifier.dispose();
        this.#view.say(ELEMENT_TEXT.ready);
        this.#tell('classifier-load', classifier.report());
      },
      (thrown: unknown) => {
        if (loading !== this.#loading) return;
        // The next picture tries again.
        this.#loading = undefined;
        this.#fail(recogniseError(thrown));
      },
    );
    return loading;
  }

  #dropModel(): void {
    this.#turn++;
    this.#stopCamera?.abort();
    this.#stopLoading.abort();
    const dropped = this.#loading;
    this.#loading = undefined;
    if (this.#isOwn) void dropped?.then((classifier) => classifier.dispose()).catch(() => undefined);
  }

  #options(): CallOptions {
    const number = (name: string): number | undefined => (this.hasAttribute(name) ? Number(this.getAttribute(name)) : undefined);
    return { topK: number('top-k'), threshold: number('threshold') };
  }

  /** Takes what a person gave: an error is shown, and has nobody else to go to. */
  async #take(files: readonly File[]): Promise<void> {
    const taken = this.hasAttribute('multiple') ? files : files.slice(0, 1);
    const isAnswered = await this.classify(...taken).then(
      () => true,
      () => false,
    );
    if (isAnswered) this.dispatchEvent(new Event('change', { bubbles: true }));
  }

  async #film(): Promise<void> {
    const { video, cameraButton } = this.#view;
    const stopping = (this.#stopCamera = new AbortController());
    const turn = ++this.#turn;
    let stream: MediaStream | undefined;
    this.#view.complain('');
    try {
      stream = await askForCamera();
      video.srcObject = stream;
      video.hidden = false;
      cameraButton.textContent = ELEMENT_TEXT.stopCamera;
      await video.play();
      const classifier = await this.classifier;
      for await (const answer of classifier.watch(video, { ...this.#options(), signal: stopping.signal })) {
        if (turn !== this.#turn) break;
        this.#view.show([answerItem(answer)]);
        this.#tell('classifier-answer', { answer, input: video });
        this.#settle([answer]);
      }
    } catch (thrown) {
      if (turn === this.#turn && !stopping.signal.aborted) this.#fail(recogniseError(thrown));
    } finally {
      for (const track of stream?.getTracks() ?? []) track.stop();
      video.srcObject = null;
      video.hidden = true;
      cameraButton.textContent = ELEMENT_TEXT.camera;
      if (this.#stopCamera === stopping) this.#stopCamera = undefined;
    }
  }

  #settle(answers: ClassifyResult[]): void {
    this.#answers = answers;
    const name = this.getAttribute('name');
    if (answers.length === 0 || name === null) this.#internals.setFormValue(null);
    else {
      const data = new FormData();
      for (const { predictions } of answers) data.append(name, predictions[0].label);
      this.#internals.setFormValue(data);
    }
    this.#view.say(ELEMENT_TEXT.ready);
    this.#follow();
  }

  #fail(error: AppError): void {
    this.#view.say('');
    this.#view.complain(error.message);
    this.#tell('classifier-error', error);
  }

  /** Makes the controls what the attributes say. */
  #follow(): void {
    const { input, button, cameraButton } = this.#view;
    input.multiple = this.hasAttribute('multiple');
    const prompt = button.querySelector('slot')!;
    prompt.textContent = input.multiple ? ELEMENT_TEXT.promptMany : ELEMENT_TEXT.prompt;
    cameraButton.hidden = !this.hasAttribute('camera');
    button.disabled = input.disabled = cameraButton.disabled = this.disabled;
    const isMissing = this.hasAttribute('required') && this.#answers.length === 0;
    this.#internals.setValidity(isMissing ? { valueMissing: true } : {}, isMissing ? prompt.textContent : '', button);
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'image-classifier': ImageClassifierElement;
  }
}
