import { Classifier } from '../sld-edge/dist/index.js';
const classifier = await Classifier.load('../models/');
document.querySelector('input').addEventListener('change', async ({ target }) => {
  const { predictions } = await classifier.classify(target.files[0]);
  document.querySelector('output').textContent = predictions[0].label;
});
document.querySelector('output').textContent = 'Ready';
