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

#include <linux/pci.h>
#include <linux/types.h>

/**
 * enum gpupt_activated - how a function came to have device_specific
 * @GPUPT_ACTIVATED_NOT: it has not
 * @GPUPT_ACTIVATED_BY_US: gpupt_activate() put it first
 * @GPUPT_ACTIVATED_AT_BIRTH: the hook was there when it was enumerated
 */
enum gpupt_activated {
	GPUPT_ACTIVATED_NOT,
	GPUPT_ACTIVATED_BY_US,
	GPUPT_ACTIVATED_AT_BIRTH,
};

/**
 * struct gpupt_activation - record of what was done to a function
 * @how: how it came to have device_specific
 * @before: reset methods as they were
 * @after: reset methods as gpupt_activate() left them
 */
struct gpupt_activation {
	enum gpupt_activated how;
	u8 before[PCI_NUM_RESET_METHODS];
	u8 after[PCI_NUM_RESET_METHODS];
};

/**
 * gpupt_activate() - put device_specific first among a function's reset methods
 * @pdev: the function, which the hook answers for
 * @record: filled
 *
 * The methods that were there stay behind it, in their order. A function that
 * had none gains its ``reset`` and ``reset_method`` files.
 *
 * Does nothing to a function that has it already.
 *
 * Context: process context, no locks held.
 * Return: 0, -ENXIO when the kernel did not reach the hook, -ENOENT when this
 * kernel has no reset_method attribute, -ENOMEM.
 */
int gpupt_activate(struct pci_dev *pdev, struct gpupt_activation *record);

/**
 * gpupt_deactivate() - undo gpupt_activate()
 * @pdev: the function, which the hook does not answer for any more
 * @record: as gpupt_activate() filled it; cleared
 *
 * A function that came after the hook has no record of methods from before: the
 * kernel is made to ask it again. A list that the user changed meanwhile keeps
 * the user's order, without device_specific.
 *
 * Context: process context, no locks held.
 */
void gpupt_deactivate(struct pci_dev *pdev, struct gpupt_activation *record);

#endif /* GPUPT_ACTIVATE_H */
