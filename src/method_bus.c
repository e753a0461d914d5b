// SPDX-License-Identifier: GPL-2.0
/*
 * Secondary bus reset by the port above the card (PCIe r6.0, sec 7.5.1.3.13), short and long.
 *
 * The kernel's pci_bridge_secondary_bus_reset() is not used: it waits up to a
 * minute for a card that is gone, and counts all-ones as ready.
 */
#include <linux/errno.h>
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/link.h"
#include "gpupt/method.h"

/* Trst of PCI 3.0, sec 7.6.4.2 is 1 ms; the kernel asserts for 2 ms. */
#define ASSERT_MS	2
/* NVIDIA's gpu-admin-tools assert for 100 ms. */
#define ASSERT_LONG_MS	100
/* The kernel gives a link one second (pcie_wait_for_link_delay). */
#define LINK_MS		1000
/* gpu-admin-tools give it five; three of these are for lower speeds. */
#define LINK_LONG_MS	2000
/* PCIe r6.0, sec 6.6.1: no config request in the first 100 ms with a link. */
#define SETTLE_MS	100
/* Others write there rarely, and one after the other. */
#define PULSES		3

static int pulse(struct gpupt_hw *hw, unsigned int assert_ms)
{
	u16 ctl = hw->ops->port_read(hw, PCI_BRIDGE_CONTROL, 2);

	if (ctl == 0xffff)
		return -ENODEV;
	hw->ops->port_write(hw, PCI_BRIDGE_CONTROL, 2, ctl | PCI_BRIDGE_CTL_BUS_RESET);
	hw->ops->sleep_ms(hw, assert_ms);
	hw->ops->port_write(hw, PCI_BRIDGE_CONTROL, 2, ctl & ~PCI_BRIDGE_CTL_BUS_RESET);
	return 0;
}

static bool in_reset(struct gpupt_hw *hw)
{
	u16 ctl = hw->ops->port_read(hw, PCI_BRIDGE_CONTROL, 2);

	return ctl != 0xffff && ctl & PCI_BRIDGE_CTL_BUS_RESET;
}

/*
 * Others write Bridge Control too, and their lock cannot be taken below a device lock. So a
 * card that was left in reset gets another pulse.
 */
static int reset_bus(struct gpupt_hw *hw, unsigned int assert_ms, unsigned int link_ms)
{
	unsigned int pulses;
	int ret;

	for (pulses = 0; pulses < PULSES; pulses++) {
		ret = pulse(hw, assert_ms);
		if (ret)
			return pulses ? -EIO : ret;
		ret = gpupt_link_wait(hw, link_ms);
		if (!ret)
			hw->ops->sleep_ms(hw, SETTLE_MS);
		if (!in_reset(hw))
			return ret;
	}
	/* Not to leave it there. */
	pulse(hw, assert_ms);
	hw->ops->sleep_ms(hw, SETTLE_MS);
	return -EIO;
}

static int trigger_bus(struct gpupt_hw *hw)
{
	return reset_bus(hw, ASSERT_MS, LINK_MS);
}

static int trigger_bus_long(struct gpupt_hw *hw)
{
	int ret = reset_bus(hw, ASSERT_LONG_MS, LINK_LONG_MS);

	if (ret != -ETIMEDOUT)
		return ret;
	ret = gpupt_link_slow_down(hw);
	if (!ret)
		hw->ops->sleep_ms(hw, SETTLE_MS);
	return ret;
}

/*
 * A Blackwell ends Configuration RRS after about 0.8 s (OGKM
 * gpuWaitForBarFirewall_GB100), which some ports show as all-ones. Whatever takes
 * longer gets the long bus reset. A Hopper is given up to 3.6 s (OGKM
 * BIF_FLR_DEVINIT_COMPLETION_TIMEOUT_DEFAULT, times four). Both together leave VFIO
 * with an answer about a silent card in less than ten seconds.
 */
const struct gpupt_method gpupt_method_bus = {
	.whole_card = true,
	.trigger = trigger_bus,
	.gone_ms = 1500,
};

const struct gpupt_method gpupt_method_bus_long = {
	.whole_card = true,
	.trigger = trigger_bus_long,
	.gone_ms = 4000,
};
