// SPDX-License-Identifier: GPL-2.0
/* Drivers that play vfio-pci and a driver of the host; see fake_driver.h. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fake_driver.h"

static struct fake_driver *to_fake(struct pci_dev *pdev)
{
	return container_of(pdev->dev.driver, struct fake_driver, pci.driver);
}

static void note(char *list, size_t len, struct pci_dev *pdev)
{
	size_t n = strlen(list);

	if (n + 1 < len)
		list[n] = '0' + PCI_FUNC(pdev->devfn);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct fake_driver *driver = to_fake(pdev);

	if (driver->refuse & BIT(PCI_FUNC(pdev->devfn)))
		return -EIO;
	note(driver->probed, sizeof(driver->probed), pdev);
	return 0;
}

static void remove(struct pci_dev *pdev)
{
	struct fake_driver *driver = to_fake(pdev);

	note(driver->removed, sizeof(driver->removed), pdev);
}

static const struct pci_device_id no_ids[] = { {} };
static const struct pci_device_id host_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID) },
	{}
};

struct fake_driver fake_vfio = {
	.pci = {
		.name = "vfio-pci", .id_table = no_ids, .probe = probe, .remove = remove,
		.driver_managed_dma = true,
	},
};

struct fake_driver fake_host = {
	.pci = {
		.name = "gpupt_fake_host", .id_table = host_ids, .probe = probe,
		.remove = remove,
	},
};

static int configure_vfs(struct pci_dev *pdev, int n)
{
	return -EOPNOTSUPP;
}

struct fake_driver fake_nvidia = {
	.pci = {
		.name = "nvidia", .id_table = host_ids, .probe = probe, .remove = remove,
		.sriov_configure = configure_vfs,
	},
};

/* Without an owner: on 6.1 suites run before the module has its directory. */
void fake_driver_start(struct kunit *test, struct fake_driver *driver)
{
	driver->refuse = 0;
	memset(driver->probed, 0, sizeof(driver->probed));
	memset(driver->removed, 0, sizeof(driver->removed));
	memset(&driver->pci.driver, 0, sizeof(driver->pci.driver));
	if (driver_find(driver->pci.name, &pci_bus_type))
		kunit_skip(test, "this kernel has a driver named %s", driver->pci.name);
	KUNIT_ASSERT_EQ(test, __pci_register_driver(&driver->pci, NULL, NULL), 0);
	driver->registered = true;
}

void fake_driver_stop(struct fake_driver *driver)
{
	if (driver->registered)
		pci_unregister_driver(&driver->pci);
	driver->registered = false;
}

const char *fake_driver_of(struct pci_dev *pdev)
{
	return pdev->dev.driver ? pdev->dev.driver->name : "";
}
