import { Classifier } from '@sld-edge/runtime';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';

const loading = Classifier.load('models/');
function Picture() {
  const [label, setLabel] = useState('');
  const look = async ({ target }) => setLabel((await (await loading).classify(target.files[0])).predictions[0].label);
  return <label>React: <input type="file" aria-label="React" onChange={look} /> <b>{label}</b></label>;
}
createRoot(document.getElementById('react')).render(<Picture />);
