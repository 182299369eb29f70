// Below the page's folder: a service worker sees the requests of workers whose script lies in its scope.
import { Classifier } from './sld-edge/dist/index.js';

const show = (text) => (document.querySelector('output').textContent = text);
try {
  await navigator.serviceWorker.register('sw.js', { scope: './' });
  await navigator.serviceWorker.ready;
  // Each file of the model is kept by the library, and compared with its SHA-256 when it is loaded.
  const classifier = await Classifier.load('../models/', { cache: 'device' });
  const [sample] = classifier.report().samples;
  const { predictions } = await classifier.classify(sample.url);
  show(`${sample.label}: ${predictions[0].label}`);
} catch ({ code, message }) {
  show(`${code}: ${message}`);
}
