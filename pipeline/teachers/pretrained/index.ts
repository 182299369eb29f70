export { openPretrained, type Pretrained } from './open.ts';
export { pretrained } from './table.ts';
