import type { ByteReader } from '../inspect/byte-reader.ts';
import { standardTables, type HuffmanTable, type HuffmanTables } from './huffman-table.ts';
import type { ProgressiveScan } from './progressive-scan.ts';
import type { JpegSegment } from './segments.ts';

interface FrameComponent {
  id: number;
  /** Blocks across and down in a unit of an interleaved scan. */
  across: number;
  down: number;
  /** Number of blocks, if a scan sends this component alone. */
  blocks: number;
}

/** Content of a frame header (ITU-T T.81, B.2.2). */
export interface JpegFrame {
  progressive: boolean;
  components: FrameComponent[];
  /** Units of an interleaved scan. */
  units: number;
}

interface ScanComponent {
  id: number;
  /** Number of blocks of a unit. */
  blocks: number;
  /** Those that the scan uses. */
  dc?: HuffmanTable;
  ac?: HuffmanTable;
}

/** Content of a scan header (T.81, B.2.3): units, and their components. */
export interface JpegScan extends ProgressiveScan {
  components: ScanComponent[];
  units: number;
}

const PROGRESSIVE = 0xc2;
const LAST_COEFFICIENT = 63;

/** @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED */
export function readFrame(reader: ByteReader, { marker, start }: JpegSegment): JpegFrame {
  const height = reader.u16(start + 1, false);
  const width = reader.u16(start + 3, false);
  const factors = Array.from({ length: reader.u8(start + 5) }, (_, i) => {
    const sampling = reader.u8(start + 7 + 3 * i);
    return { id: reader.u8(start + 6 + 3 * i), across: sampling >> 4, down: sampling & 15 };
  });
  if (factors.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4)) throw reader.damaged();
  const mostAcross = Math.max(...factors.map(({ across }) => across));
  const mostDown = Math.max(...factors.map(({ down }) => down));
  return {
    progressive: marker === PROGRESSIVE,
    units: Math.ceil(width / (8 * mostAcross)) * Math.ceil(height / (8 * mostDown)),
    components: factors.map((component) => ({
      ...component,
      blocks: Math.ceil((width * component.across) / (8 * mostAcross)) * Math.ceil((height * component.down) / (8 * mostDown)),
    })),
  };
}

/** @throws AppError IMAGE_UNDECODABLE if it names no component or table that there is, or an order that there isn't; IMAGE_TRUNCATED */
export function readScan(reader: ByteReader, { start }: JpegSegment, frame: JpegFrame, tables: HuffmanTables): JpegScan {
  const count = reader.u8(start);
  const parameters = start + 1 + 2 * count;
  // Of sequential frames they are given, and some cameras write others.
  const [from, to] = frame.progressive ? [reader.u8(parameters), reader.u8(parameters + 1)] : [0, LAST_COEFFICIENT];
  const [high, low] = frame.progressive ? [reader.u8(parameters + 2) >> 4, reader.u8(parameters + 2) & 15] : [0, 0];
  const alone = count === 1;
  const isInOrder = !frame.progressive || (from === 0 ? to === 0 : alone && from <= to && to <= LAST_COEFFICIENT);
  if (count < 1 || count > frame.components.length || !isInOrder) throw reader.damaged();
  const needsDc = from === 0 && high === 0;
  const needsAc = to > 0;
  let units = frame.units;
  const components = Array.from({ length: count }, (_, i): ScanComponent => {
    const id = reader.u8(start + 1 + 2 * i);
    const choice = reader.u8(start + 2 + 2 * i);
    const component = frame.components.find((candidate) => candidate.id === id);
    const tableOf = (kind: 'dc' | 'ac', which: number): HuffmanTable | undefined =>
      tables[kind][which] ?? (frame.progressive ? undefined : standardTables()[kind][which]);
    const dc = tableOf('dc', choice >> 4);
    const ac = tableOf('ac', choice & 15);
    if (!component || (needsDc && !dc) || (needsAc && !ac)) throw reader.damaged();
    if (alone) units = component.blocks;
    return { id, blocks: alone ? 1 : component.across * component.down, dc, ac };
  });
  return { components, units, from, to, high, low };
}
