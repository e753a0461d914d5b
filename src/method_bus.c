// SPDX-License-Identifier: GPL-2.0
/*
 * Secondary bus reset by the port above the card (PCIe r6.0, sec 7.5.1.3.13).
 *
 * The kernel's pci_bridge_secondary_bus_reset() is not used: it waits up to a
 * minute for a card that is gone, and counts all-ones as ready.
 */
#include <linux/errno.h>
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/method.h"

/* Trst of PCI 3.0, sec 7.6.4.2 is 1 ms; the kernel asserts for 2 ms. */
#define ASSERT_MS	2
/* NVIDIA's gpu-admin-tools wait 5 s for the link. */
#define LINK_MS		5000
#define LINK_POLL_MS	10
/* PCIe r6.0, sec 6.6.1: no config request in the first 100 ms with a link. */
#define SETTLE_MS	100

static bool link_is_up(struct gpupt_hw *hw)
{
	u16 status = hw->ops->port_read(hw, hw->port_exp + PCI_EXP_LNKSTA, 2);

	return status != 0xffff && (status & PCI_EXP_LNKSTA_DLLLA) &&
	       !(status & PCI_EXP_LNKSTA_LT);
}

static int wait_link(struct gpupt_hw *hw)
{
	u64 deadline = hw->ops->now_ms(hw) + LINK_MS;

	while (!link_is_up(hw)) {
		if (hw->ops->now_ms(hw) >= deadline)
			return -ETIMEDOUT;
		hw->ops->sleep_ms(hw, LINK_POLL_MS);
	}
	return 0;
}

static int trigger_bus(struct gpupt_hw *hw)
{
	u16 ctl = hw->ops->port_read(hw, PCI_BRIDGE_CONTROL, 2);
	int ret = 0;

	if (ctl == 0xffff)
		return -ENODEV;

	hw->ops->port_write(hw, PCI_BRIDGE_CONTROL, 2, ctl | PCI_BRIDGE_CTL_BUS_RESET);
	hw->ops->sleep_ms(hw, ASSERT_MS);
	hw->ops->port_write(hw, PCI_BRIDGE_CONTROL, 2, ctl & ~PCI_BRIDGE_CTL_BUS_RESET);

	if (hw->port_link_report)
		ret = wait_link(hw);
	if (!ret)
		hw->ops->sleep_ms(hw, SETTLE_MS);
	return ret;
}

const struct gpupt_method gpupt_method_bus = {
	.whole_card = true,
	.trigger = trigger_bus,
};
