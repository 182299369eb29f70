/** Lines for people go to stderr; stdout is for results. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);
