// SPDX-License-Identifier: GPL-2.0
/* The link of a card, from the port's side (PCIe r6.0, sec 7.5.3.6 to 7.5.3.8, 7.5.3.19). */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/link.h"

#define POLL_MS		10
/* As long as the kernel waits (pcie_wait_for_link_status). */
#define RETRAIN_MS	1000
/* A port that does not answer. */
#define GONE		0xffff

static u16 read_port(struct gpupt_hw *hw, unsigned int reg)
{
	return hw->ops->port_read(hw, hw->port_exp + reg, 2);
}

u16 gpupt_link_status(struct gpupt_hw *hw)
{
	u16 status;

	if (!hw->port_exp)
		return 0;
	status = read_port(hw, PCI_EXP_LNKSTA);
	return status == GONE ? 0 : status;
}

static bool is_up(u16 status)
{
	return (status & PCI_EXP_LNKSTA_DLLLA) && !(status & PCI_EXP_LNKSTA_LT);
}

bool gpupt_link_is_down(struct gpupt_hw *hw)
{
	return hw->port_link_report && !is_up(gpupt_link_status(hw));
}

int gpupt_link_wait(struct gpupt_hw *hw, unsigned int ms)
{
	u64 deadline = hw->ops->now_ms(hw) + ms;

	while (gpupt_link_is_down(hw)) {
		if (hw->ops->now_ms(hw) >= deadline)
			return -ETIMEDOUT;
		hw->ops->sleep_ms(hw, POLL_MS);
	}
	return 0;
}

bool gpupt_link_is_narrower(u16 before, u16 now)
{
	return FIELD_GET(PCI_EXP_LNKSTA_NLW, now) < FIELD_GET(PCI_EXP_LNKSTA_NLW, before);
}

bool gpupt_link_is_slower(u16 before, u16 now)
{
	return FIELD_GET(PCI_EXP_LNKSTA_CLS, now) < FIELD_GET(PCI_EXP_LNKSTA_CLS, before);
}

int gpupt_link_retrain(struct gpupt_hw *hw)
{
	if (read_port(hw, PCI_EXP_LNKCTL) == GONE)
		return -ETIMEDOUT;
	hw->ops->port_exp_modify(hw, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_RL);
	hw->ops->sleep_ms(hw, POLL_MS);
	return gpupt_link_wait(hw, RETRAIN_MS);
}

int gpupt_link_slow_down(struct gpupt_hw *hw)
{
	u16 ctl2 = read_port(hw, PCI_EXP_LNKCTL2);
	unsigned int speed;

	if (ctl2 == GONE)
		return -ETIMEDOUT;
	for (speed = FIELD_GET(PCI_EXP_LNKCTL2_TLS, ctl2); speed > PCI_EXP_LNKCTL2_TLS_2_5GT;) {
		speed--;
		hw->ops->port_exp_modify(hw, PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS, speed);
		if (!gpupt_link_retrain(hw))
			return 0;
	}
	hw->ops->port_exp_modify(hw, PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS,
				 ctl2 & PCI_EXP_LNKCTL2_TLS);
	return -ETIMEDOUT;
}
