import { describeIntegerConformance } from '../testing/integer-conformance.ts';
import { createTypescriptBackend } from './typescript.ts';

describeIntegerConformance('typescript', createTypescriptBackend);
