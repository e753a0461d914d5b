// SPDX-License-Identifier: GPL-2.0
/*
 * A firmware framebuffer in BAR 0 of a function, as efifb and vesafb set one up: a platform device
 * that holds the memory and has told the kernel so. No firmware of the guest sets up one on a
 * card of the class 3D controller.
 */
#include <linux/aperture.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#define FB_BYTES	0x100000

static char *bdf;
module_param(bdf, charp, 0444);
MODULE_PARM_DESC(bdf, "address of the function");

static struct platform_device *fb;
static resource_size_t base;
/* The kernel unregisters the platform device when it evicts the framebuffer. */
static bool evicted;
module_param(evicted, bool, 0444);

static void note_eviction(void *unused)
{
	evicted = true;
}

static int bootfb_probe(struct platform_device *pdev)
{
	int ret;

	if (!devm_request_mem_region(&pdev->dev, base, FB_BYTES, "BOOTFB"))
		return -EBUSY;
	ret = devm_aperture_acquire_for_platform_device(pdev, base, FB_BYTES);
	return ret ?: devm_add_action(&pdev->dev, note_eviction, NULL);
}

static struct platform_driver bootfb_driver = {
	.probe = bootfb_probe,
	.driver.name = "gpupt-bootfb",
};

static int __init bootfb_init(void)
{
	unsigned int domain, bus, slot, fn;
	struct pci_dev *gpu;
	int ret;

	if (!bdf || sscanf(bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &fn) != 4)
		return -EINVAL;
	gpu = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, fn));
	if (!gpu)
		return -ENODEV;
	base = pci_resource_start(gpu, 0);
	pci_dev_put(gpu);
	ret = platform_driver_register(&bootfb_driver);
	if (ret)
		return ret;
	fb = platform_device_register_simple("gpupt-bootfb", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(fb)) {
		platform_driver_unregister(&bootfb_driver);
		return PTR_ERR(fb);
	}
	return 0;
}
module_init(bootfb_init);

static void __exit bootfb_exit(void)
{
	if (!evicted)
		platform_device_unregister(fb);
	platform_driver_unregister(&bootfb_driver);
}
module_exit(bootfb_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a boot framebuffer, for the tests of gpupt_reset");
