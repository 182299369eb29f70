import { Classifier } from '@sld-edge/runtime';

const classifier = await Classifier.load('models/', { variant: new URLSearchParams(location.search).get('variant') ?? undefined });
const [sample] = classifier.report().samples;
const { predictions, backend } = await classifier.classify(sample.url);
document.querySelector('output').textContent = `${sample.label}: ${predictions[0].label} by ${backend}`;
