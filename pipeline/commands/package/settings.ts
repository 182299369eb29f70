/** Settings of `package`; each says whether it is for a run's student or for weights that somebody has. */
import type { Line } from '../../configuration/command-line.ts';
import { runSettings } from '../../configuration/settings.ts';
import { packageSettings, modelsSetting } from '../../packaging/settings.ts';
import { dataSettings } from '../../data/settings.ts';
import { onlyWhere, withDefaultOf, type SettingTable } from '../../support/setting.ts';
import { number, optional, path, text, toggle } from '../../support/value.ts';

const own = { group: 'package', decides: 'nothing' } as const;

const AS_CONFIGURED = 'as the run was configured';

const pictures = { ...own, ...optional(path('')), parse: (given: string) => given.replace(/^folder:/, '') };

export const packageCommandSettings = {
  student: { ...own, ...optional(path('')), help: "a run's student.safetensors", isFirst: true },
  from: {
    ...own,
    ...optional(text('')),
    help: 'or weights that somebody has, as they are: a name of docs/pretrained.md, a .safetensors, .pth, .th or .pt file, or a folder of transformers',
    isFirst: true,
  },
  variants: withDefaultOf(
    {
      ...runSettings.variants,
      help: 'variants of the package with commas between; of a run uint8 is always among them; auto: those that pass their gate, and of a run float32',
    },
    `${AS_CONFIGURED}; of weights auto`,
  ),
  ...onlyWhere(({ from }) => from === undefined, "it is for a run's student", {
    maxDrop: withDefaultOf(runSettings.maxDrop, AS_CONFIGURED),
    abstainError: withDefaultOf(runSettings.abstainError, AS_CONFIGURED),
  }),
  ...onlyWhere(({ from }) => from !== undefined, 'it is for --from', {
    data: {
      ...pictures,
      help: 'folder of pictures to calibrate on, with or without sub-folders; what they show does not matter',
      isFirst: true,
    },
    agreement: {
      ...pictures,
      help: "folder of other pictures, on which the variants' answers are compared with float32's for the card; without it some are held out",
      isFirst: true,
    },
    samples: {
      ...pictures,
      help: 'folder of pictures that go into the package as samples and goldens, called after what they show, with their LICENSE beside them; without it those of the agreement',
      isFirst: true,
    },
    note: { ...own, ...text(''), help: 'a sentence on these pictures for the card: where they come from, under which licence' },
    minAgreement: {
      ...own,
      ...number(0.9, { from: 0, to: 1 }),
      help: "share of held-out pictures on which a variant must have float32's answer",
    },
    onnx: { ...own, ...toggle(true), help: 'the float32 network as ONNX, for other runtimes; --no-onnx leaves it out' },
    name: { ...packageSettings.name, help: 'name of the package; empty: that of the weights' },
    maxUnreadable: dataSettings.maxUnreadable,
  }),
  makeDefault: runSettings.makeDefault,
  ...modelsSetting,
} as const satisfies SettingTable;

export type PackageLine = Line<typeof packageCommandSettings>;
