/** Results in the order of the inputs, of which at most `width` are worked on at one time. */
export async function inOrder<Input, Result>(
  inputs: readonly Input[],
  width: number,
  work: (input: Input) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const workThrough = async (): Promise<void> => {
    while (next < inputs.length) {
      const position = next++;
      results[position] = await work(inputs[position]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, inputs.length) }, workThrough));
  return results;
}
