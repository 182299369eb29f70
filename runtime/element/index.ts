/** `@sld-edge/runtime/element`: defines `<image-classifier>`. */
import { ImageClassifierElement } from './image-classifier.ts';

if (typeof customElements !== 'undefined' && !customElements.get('image-classifier'))
  customElements.define('image-classifier', ImageClassifierElement);

export { ImageClassifierElement };
export { ELEMENT_TEXT } from './view.ts';
