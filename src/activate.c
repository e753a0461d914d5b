// SPDX-License-Identifier: GPL-2.0
/*
 * Reset methods of functions that were enumerated before the hook.
 *
 * pci_init_reset_methods() is not exported, but writing "default" to the
 * reset_method attribute calls it, and the attribute is reached through
 * pci_bus_type, which is. So the kernel's own code fills the list, and the
 * index that stands for device_specific is read, not assumed.
 */
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/kernfs.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "gpupt/activate.h"
#include "gpupt/log.h"

#define ASK_AGAIN	"default"

const struct attribute_group *gpupt_bus_attribute(const struct bus_type *bus, const char *name,
						  struct device_attribute **found)
{
	const struct attribute_group *const *group;
	struct attribute *const *attr;

	for (group = bus->dev_groups; group && *group; group++) {
		for (attr = (*group)->attrs; attr && *attr; attr++) {
			if (strcmp((*attr)->name, name))
				continue;
			*found = container_of(*attr, struct device_attribute, attr);
			return *group;
		}
	}
	return NULL;
}

static int ask_again(struct pci_dev *pdev, struct device_attribute *method)
{
	ssize_t ret = method->store(&pdev->dev, method, ASK_AGAIN, strlen(ASK_AGAIN));

	return ret < 0 ? ret : 0;
}

static int first_is_device_specific(struct pci_dev *pdev, struct device_attribute *method)
{
	/* It writes nothing for a function without methods; sysfs hands it zeroes too. */
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	int ret;

	if (!page)
		return -ENOMEM;
	ret = method->show(&pdev->dev, method, page);
	if (ret >= 0)
		ret = str_has_prefix(page, "device_specific") ? 0 : -ENXIO;
	free_page((unsigned long)page);
	return ret;
}

/* The kernel shows the files of the two groups only while there is a method. */
static void update_files(struct pci_dev *pdev)
{
	static const char * const names[] = { "reset", "reset_method" };
	const struct attribute_group *group;
	struct device_attribute *attr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		group = gpupt_bus_attribute(&pci_bus_type, names[i], &attr);
		if (group && sysfs_update_group(&pdev->dev.kobj, group))
			gpupt_warn(pdev, "cannot update the file %s\n", names[i]);
	}
}

static void set_methods(struct pci_dev *pdev, const u8 *methods)
{
	memcpy(pdev->reset_methods, methods, sizeof(pdev->reset_methods));
}

/* Copies the zero-terminated list @from without @method to @to, which has room for @room. */
static void copy_without(u8 *to, unsigned int room, const u8 *from, u8 method)
{
	unsigned int i, n = 0;

	for (i = 0; i < PCI_NUM_RESET_METHODS && from[i]; i++)
		if (from[i] != method && n < room - 1)
			to[n++] = from[i];
	memset(to + n, 0, room - n);
}

static bool has_file(struct pci_dev *pdev, const char *name)
{
	struct kernfs_node *node = NULL;

	/* A device that was removed meanwhile has no directory any more. */
	if (pdev->dev.kobj.sd)
		node = sysfs_get_dirent(pdev->dev.kobj.sd, name);
	sysfs_put(node);
	return node;
}

int gpupt_activate(struct pci_dev *pdev, struct gpupt_activation *record)
{
	struct device_attribute *method;
	u8 found[PCI_NUM_RESET_METHODS];
	int ret;

	if (record->active)
		return 0;
	if (!gpupt_bus_attribute(&pci_bus_type, "reset_method", &method) || !method->show ||
	    !method->store)
		return -ENOENT;

	memcpy(found, pdev->reset_methods, sizeof(found));
	/*
	 * The kernel shows the file only for a function with methods, so a list without any in
	 * a file that is there was emptied by the user.
	 */
	if (!found[0] && has_file(pdev, method->attr.name)) {
		gpupt_info(pdev, "its reset_method was emptied and is left so; write default to reset_method for VFIO to reset it\n");
		return 0;
	}
	ret = first_is_device_specific(pdev, method);
	if (ret == -ENXIO)
		ret = ask_again(pdev, method) ?: first_is_device_specific(pdev, method);
	if (ret) {
		set_methods(pdev, found);
		return ret;
	}

	record->after[0] = pdev->reset_methods[0];
	copy_without(record->before, sizeof(record->before), found, record->after[0]);
	copy_without(record->after + 1, sizeof(record->after) - 1, found, record->after[0]);
	record->files = record->before[0];
	set_methods(pdev, record->after);
	WRITE_ONCE(record->active, true);
	if (!found[0])
		update_files(pdev);
	return 0;
}

bool gpupt_is_bypassed(const struct pci_dev *pdev, const struct gpupt_activation *record)
{
	return READ_ONCE(record->active) && READ_ONCE(pdev->reset_methods[0]) != record->after[0];
}

void gpupt_deactivate(struct pci_dev *pdev, struct gpupt_activation *record)
{
	u8 kept[PCI_NUM_RESET_METHODS];

	if (!record->active)
		return;
	/* First, so that nobody takes this for a bypass. */
	WRITE_ONCE(record->active, false);
	if (memcmp(pdev->reset_methods, record->after, sizeof(record->after))) {
		copy_without(kept, sizeof(kept), pdev->reset_methods, record->after[0]);
		set_methods(pdev, kept);
	} else {
		set_methods(pdev, record->before);
	}
	if (!record->files)
		update_files(pdev);
}
