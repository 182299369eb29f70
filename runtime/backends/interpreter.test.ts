import { describeIntegerConformance } from '../testing/integer-conformance.ts';
import { createInterpreterBackend } from './interpreter.ts';

describeIntegerConformance('interpreter', createInterpreterBackend);
