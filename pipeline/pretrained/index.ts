export { openPretrained, type OpenPretrainedOptions, type Pretrained, type PretrainedPreprocessing } from './open.ts';
export { pretrained, type PretrainedModel } from './table.ts';
