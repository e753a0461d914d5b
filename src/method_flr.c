// SPDX-License-Identifier: GPL-2.0
/* Function level reset of the GPU function (PCIe r6.0, sec 6.6.2). */
#include <linux/errno.h>
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/method.h"

/* PCIe r6.0, sec 6.6.2: software waits 100 ms before it touches the function again. */
#define FLR_SETTLE_MS	100

static int trigger_flr(struct gpupt_hw *hw)
{
	unsigned int pos = hw->fn[hw->gpu].exp + PCI_EXP_DEVCTL;
	u16 ctl;

	/* A function that does not answer reads does not see the write either. */
	if (!gpupt_hw_fn_answers(hw, hw->gpu))
		return -ENODEV;

	ctl = hw->ops->cfg_read(hw, hw->gpu, pos, 2);
	if (ctl == 0xffff)
		return -ENODEV;
	hw->ops->cfg_write(hw, hw->gpu, pos, 2, ctl | PCI_EXP_DEVCTL_BCR_FLR);
	hw->ops->sleep_ms(hw, FLR_SETTLE_MS);
	return 0;
}

/*
 * NVIDIA's driver falls back to a bus reset when config space is not back one
 * second after the FLR (OGKM kbifDoFunctionLevelReset_TU102); half a second is
 * added for cards behind ports that show a booting card as all-ones.
 */
const struct gpupt_method gpupt_method_flr = {
	.trigger = trigger_flr,
	.gone_ms = 1500,
};
