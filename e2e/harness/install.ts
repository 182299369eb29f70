/**
 * Installs what `npm test` needs of the system, before its first test: a browser, whose package brings a driver in software too, and the
 * Vulkan loader.
 */
import { chromiumPath } from './chromium.ts';
import { installVulkanLoader } from './vulkan.ts';

chromiumPath();
installVulkanLoader();
