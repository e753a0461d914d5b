/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Activation
 *
 * The kernel asks a function for its reset methods once, when it is enumerated.
 * A function that was there before the hook is made to ask again, and gets its
 * old methods back at unload.
 */
#ifndef GPUPT_ACTIVATE_H
#define GPUPT_ACTIVATE_H

#include <linux/device.h>
#include <linux/pci.h>
#include <linux/types.h>

/**
 * struct gpupt_activation - record of what was done to a function
 * @active: device_specific is among its methods because of us
 * @files: it had its ``reset`` and ``reset_method`` files without us
 * @before: reset methods as they are without us
 * @after: reset methods as they were with device_specific put first
 */
struct gpupt_activation {
	bool active;
	bool files;
	u8 before[PCI_NUM_RESET_METHODS];
	u8 after[PCI_NUM_RESET_METHODS];
};

/**
 * gpupt_bus_attribute() - an attribute that a bus gives to each of its devices
 * @bus: the bus
 * @name: name of the attribute
 * @found: set to it
 *
 * Context: any.
 * Return: the group that it is in, NULL when there is none.
 */
const struct attribute_group *gpupt_bus_attribute(const struct bus_type *bus, const char *name,
						  struct device_attribute **found);

/**
 * gpupt_activate() - put device_specific first among a function's reset methods
 * @pdev: the function, which the hook answers for
 * @record: filled; zero before
 *
 * The methods that were there stay behind it, in their order. A function that
 * had none gains its ``reset`` and ``reset_method`` files. One that was
 * enumerated while the hook was there has it already, and is only recorded.
 * Does nothing to a function that is active, or whose list the user emptied.
 *
 * Context: process context, no locks held.
 * Return: 0, -ENXIO when the kernel did not reach the hook, -ENOENT when this
 * kernel has no reset_method attribute, -ENOMEM.
 */
int gpupt_activate(struct pci_dev *pdev, struct gpupt_activation *record);

/**
 * gpupt_is_bypassed() - did somebody take device_specific off the first place?
 * @pdev: the function
 * @record: as gpupt_activate() filled it
 *
 * The kernel tries the methods in their order, and ends with the first that succeeds.
 *
 * Context: any.
 * Return: true when the kernel asks another method first, or none.
 */
bool gpupt_is_bypassed(const struct pci_dev *pdev, const struct gpupt_activation *record);

/**
 * gpupt_deactivate() - undo gpupt_activate()
 * @pdev: the function, which the hook does not answer for any more
 * @record: as gpupt_activate() filled it; cleared
 *
 * A list that the user changed meanwhile keeps the user's order, without
 * device_specific.
 *
 * Context: process context, no locks held.
 */
void gpupt_deactivate(struct pci_dev *pdev, struct gpupt_activation *record);

#endif /* GPUPT_ACTIVATE_H */
