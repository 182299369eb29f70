/** Frames on the stream of bytes between the server and a worker: two lengths, a message as JSON, and bytes that go with it as they are. */
const LENGTH_BYTES = 4;

/** Bytes of the two lengths that a frame begins with. */
export const FRAME_HEAD_BYTES = 2 * LENGTH_BYTES;

/** A message, and the bytes that came with it: valid until the next one is asked for. */
export interface Frame<Message> {
  message: Message;
  bytes: Uint8Array;
}

/** @returns a frame's beginning: lengths and message; its bytes follow */
export function encodeFrame(message: object, byteLength: number): Buffer {
  const json = JSON.stringify(message);
  const jsonBytes = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES + jsonBytes);
  head.writeUInt32LE(jsonBytes, 0);
  head.writeUInt32LE(byteLength, LENGTH_BYTES);
  head.write(json, FRAME_HEAD_BYTES);
  return head;
}

/** @returns length of the frame that begins here; undefined if too little of it is here to say */
export function frameLengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < FRAME_HEAD_BYTES) return undefined;
  return FRAME_HEAD_BYTES + bytes.readUInt32LE(0) + bytes.readUInt32LE(LENGTH_BYTES);
}

/** @param bytes - of one whole frame */
export function decodeFrame<Message>(bytes: Buffer): Frame<Message> {
  const jsonEnd = FRAME_HEAD_BYTES + bytes.readUInt32LE(0);
  return { message: JSON.parse(bytes.toString('utf8', FRAME_HEAD_BYTES, jsonEnd)) as Message, bytes: bytes.subarray(jsonEnd) };
}

/** Cuts a stream into frames. @returns takes the next piece of it, and tells of each frame that is whole by then */
export function createFrameCutter<Message>(onFrame: (frame: Frame<Message>) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let pending = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let length = frameLengthOf(pending); length !== undefined && length <= pending.length; length = frameLengthOf(pending)) {
      const frame = decodeFrame<Message>(pending.subarray(0, length));
      pending = pending.subarray(length);
      onFrame(frame);
    }
    rest = pending;
  };
}
