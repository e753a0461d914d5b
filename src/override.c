// SPDX-License-Identifier: GPL-2.0
/*
 * Does the kernel heed a driver_override that the module sets?
 *
 * The field moved from struct pci_dev to struct device. Where both are, or a stable kernel
 * took half of the move, what the headers offer need not be what the PCI core looks at.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/activate.h"
#include "gpupt/compat.h"
#include "gpupt/override.h"

static bool works = true;

#ifdef GPUPT_HAVE_PCI_DRIVER_OVERRIDE
#define NAME	"gpupt_reset"

/* The kernel's own attribute reads the field that its PCI core matches by. */
static int read_back(struct device_attribute *attr)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	/* On no bus, so that no driver is kept off a real function meanwhile. */
	struct pci_dev *pdev = pci_alloc_dev(NULL);
	int ret = -ENOMEM;

	if (!page || !pdev)
		goto out_free;
	/* The device lock is all of it that the override takes. */
	mutex_init(&pdev->dev.mutex);
	ret = gpupt_set_driver_override(pdev, NAME);
	if (ret)
		goto out_free;
	if (attr->show(&pdev->dev, attr, page) < 0 || !sysfs_streq(page, NAME))
		ret = -EOPNOTSUPP;
	gpupt_set_driver_override(pdev, "");

out_free:
	kfree(pdev);
	free_page((unsigned long)page);
	return ret;
}

static int check(const struct bus_type *bus)
{
	struct device_attribute *attr;

	if (!gpupt_bus_attribute(bus, "driver_override", &attr) || !attr->show)
		return -EOPNOTSUPP;
	return read_back(attr);
}
#else
/* The driver core has the attribute, and shows it for buses that match by its field. */
static int check(const struct bus_type *bus)
{
	return bus->driver_override ? 0 : -EOPNOTSUPP;
}
#endif

int gpupt_override_check(const struct bus_type *bus)
{
	int ret = check(bus);

	works = !ret;
	if (ret != -EOPNOTSUPP)
		return ret;
	pr_warn("gpupt_reset: this kernel does not heed the driver_override that the module sets, so no card can be claimed; build the module with the headers of this very kernel, or, if it was, report the kernel\n");
	return 0;
}

bool gpupt_override_works(void)
{
	return works;
}
