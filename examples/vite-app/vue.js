import { Classifier } from '@sld-edge/runtime';
import { createApp, h, ref } from 'vue';

const loading = Classifier.load('models/');
const label = ref('');
const look = async ({ target }) => (label.value = (await (await loading).classify(target.files[0])).predictions[0].label);
createApp(() => h('label', ['Vue: ', h('input', { type: 'file', 'aria-label': 'Vue', onChange: look }), h('b', label.value)])).mount(
  '#vue',
);
