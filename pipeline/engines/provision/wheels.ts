/** A Python wheel, named, sized and pinned. Only native libraries and C headers are taken from it: no Python runs. */
export interface PinnedWheel {
  /** Name of the project on the Python package index. */
  project: string;
  version: string;
  /** Platform tags to ask `pip download` for. */
  platformTags: readonly string[];
  bytes: number;
  sha256: string;
}

export const TENSORFLOW_VERSION = '2.21.0';

/** The Python tag only names a file: the libraries inside do not depend on it. */
export const PYTHON_VERSION = '3.11';

/** The oldest glibc that the wheels' platform tag (manylinux_2_27) allows. */
export const NEEDED_GLIBC = '2.27';

/** CPU wheels by `process.arch`. */
export const CPU_WHEELS: Readonly<Record<string, PinnedWheel>> = {
  x64: {
    project: 'tensorflow-cpu',
    version: TENSORFLOW_VERSION,
    platformTags: ['manylinux_2_27_x86_64'],
    bytes: 273_829_956,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  arm64: {
    project: 'tensorflow',
    version: TENSORFLOW_VERSION,
    platformTags: ['manylinux_2_27_aarch64'],
    bytes: 281_828_020,
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
};
