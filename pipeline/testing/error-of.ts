/** The error that `action` throws, checked to be one line; for tests that look at its text. */
export async function errorOf(action: () => unknown): Promise<Error> {
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof Error)) throw new Error(`expected an Error, came ${error === undefined ? 'none' : String(error)}`);
  if (error.message.includes('\n')) throw new Error(`expected an error of one line, came ${JSON.stringify(error.message)}`);
  return error;
}
