/** Sizes of images that networks were made for. */

const EFFICIENTNET_LITE = [224, 240, 260, 280, 300];

/** Side in pixels of the images that a network's public weights were trained on; undefined if that is the size of whatever data. */
export function usualSize(name: string): number | undefined {
  const lite = /^(?:efficientnet_lite|timm\.(?:tf_)?efficientnet_lite)(\d)$/.exec(name);
  if (lite) return EFFICIENTNET_LITE[Number(lite[1])];
  return /^(?:torchvision|timm|transformers)\./.test(name) ? 224 : undefined;
}
