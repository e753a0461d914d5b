// SPDX-License-Identifier: GPL-2.0
/*
 * A driver of the host for functions that none of the guest's kernel binds: the GPU (nouveau does
 * not get past the emulated card's missing VBIOS) and the UCSI function. It does nothing to the
 * card, but can be slow, refuse, and be called by the name of a driver that is treated in a way
 * of its own.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *name = "standin";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "name of the driver");

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "take no function");

static unsigned int probe_ms;
module_param(probe_ms, uint, 0644);
MODULE_PARM_DESC(probe_ms, "how long it takes to take a function");

static unsigned int remove_ms;
module_param(remove_ms, uint, 0644);
MODULE_PARM_DESC(remove_ms, "how long it takes to let go of a function");

static bool async;
module_param(async, bool, 0444);
MODULE_PARM_DESC(async, "probe asynchronously");

static bool leak;
module_param(leak, bool, 0444);
MODULE_PARM_DESC(leak, "take no function, and leave it enabled");

static int standin_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	msleep(probe_ms);
	if (leak)
		return pci_enable_device(pdev) ?: -ENODEV;
	if (refuse) {
		pci_info(pdev, "standin refuses\n");
		return -ENODEV;
	}
	pci_info(pdev, "standin took it\n");
	return pci_enable_device(pdev);
}

static void standin_remove(struct pci_dev *pdev)
{
	msleep(remove_ms);
	pci_disable_device(pdev);
	pci_info(pdev, "standin let go\n");
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID), .class = PCI_BASE_CLASS_DISPLAY << 16,
	  .class_mask = 0xff0000 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID), .class = 0x0c8000, .class_mask = 0xffff00 },
	{ }
};

static struct pci_driver standin_driver = {
	.id_table = ids,
	.probe = standin_probe,
	.remove = standin_remove,
};

static int __init standin_init(void)
{
	standin_driver.name = name;
	if (async)
		standin_driver.driver.probe_type = PROBE_PREFER_ASYNCHRONOUS;
	return pci_register_driver(&standin_driver);
}
module_init(standin_init);

static void __exit standin_exit(void)
{
	pci_unregister_driver(&standin_driver);
}
module_exit(standin_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a driver of the host, for the tests of gpupt_reset");
