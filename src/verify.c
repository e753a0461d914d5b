// SPDX-License-Identifier: GPL-2.0
/*
 * Is the card alive? BAR0 is read last, and only on a card whose link, config
 * space and firewall are fine: a read that nobody completes may take the host
 * down with it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/link.h"
#include "gpupt/model.h"
#include "gpupt/regs.h"
#include "gpupt/verify.h"

#define POLL_MS		10
/* gpu-admin-tools sleep so long when there is no DVSEC to ask. */
#define NO_DVSEC_MS	3000
#define MARK		1
/* A 16-bit register of a function that does not answer. */
#define GONE		0xffff

static u64 deadline_in(struct gpupt_hw *hw, const struct gpupt_verify *verify, unsigned int ms)
{
	return min_t(u64, hw->ops->now_ms(hw) + ms, verify->deadline);
}

static bool is_late(struct gpupt_hw *hw, u64 deadline)
{
	return hw->ops->now_ms(hw) >= deadline;
}

static int check_functions(struct gpupt_hw *hw)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if ((hw->present & BIT(fn)) && !gpupt_hw_fn_answers(hw, fn))
			return -ENODEV;
	return 0;
}

static int wait_firewall(struct gpupt_hw *hw, const struct gpupt_verify *verify)
{
	u64 deadline = deadline_in(hw, verify, verify->model->firewall_ms);
	unsigned int pos;
	u32 state;

	if (!verify->model->firewall_ms)
		return 0;
	pos = hw->ops->dvsec(hw);
	if (!pos) {
		hw->ops->sleep_ms(hw, NO_DVSEC_MS);
		return 0;
	}
	for (;;) {
		state = hw->ops->cfg_read(hw, hw->gpu, pos + GPUPT_DVSEC_FIREWALL, 4);
		if (state == ~0U)
			return -ENODEV;
		if (!(state & GPUPT_DVSEC_FIREWALL_UP))
			return 0;
		if (is_late(hw, deadline))
			return -ETIMEDOUT;
		hw->ops->sleep_ms(hw, POLL_MS);
	}
}

static bool test_boot0(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	verify->boot0 = hw->ops->bar0_read(hw, GPUPT_PMC_BOOT_0);
	if (verify->expect)
		verify->registers = verify->boot0 == verify->expect;
	else
		verify->registers = gpupt_model_knows_boot0(verify->model, verify->boot0);
	return verify->registers;
}

static int wait_boot0(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u64 deadline = deadline_in(hw, verify, verify->model->bar0_ms);

	while (!test_boot0(hw, verify)) {
		if (is_late(hw, deadline)) {
			verify->sec_fault = gpupt_model_is_sec_fault(verify->boot0);
			return -EIO;
		}
		hw->ops->sleep_ms(hw, POLL_MS);
	}
	return 0;
}

static bool test_field(struct gpupt_hw *hw, u32 reg, u32 mask, u32 done)
{
	u32 value = hw->ops->bar0_read(hw, reg);

	return value != ~0U && (value & mask) == done;
}

static bool test_booted(struct gpupt_hw *hw, const struct gpupt_model *model)
{
	switch (model->ready) {
	case GPUPT_READY_BOOT0:
		return true;
	case GPUPT_READY_GFW:
		return test_field(hw, GPUPT_GFW_PRIV_LEVEL, GPUPT_GFW_PRIV_LEVEL_LOWERED,
				  GPUPT_GFW_PRIV_LEVEL_LOWERED) &&
		       test_field(hw, GPUPT_GFW_PROGRESS, GPUPT_GFW_PROGRESS_MASK,
				  GPUPT_GFW_PROGRESS_DONE);
	case GPUPT_READY_FSP:
		return test_field(hw, model->fsp_reg, GPUPT_FSP_DONE_MASK, GPUPT_FSP_DONE);
	}
	return false;
}

static int wait_booted(struct gpupt_hw *hw, const struct gpupt_verify *verify)
{
	u64 deadline = deadline_in(hw, verify, verify->model->boot_ms);

	while (!test_booted(hw, verify->model)) {
		if (is_late(hw, deadline))
			return -ETIMEDOUT;
		hw->ops->sleep_ms(hw, POLL_MS);
	}
	return 0;
}

static int check_wiped(struct gpupt_hw *hw, const struct gpupt_verify *verify)
{
	const struct gpupt_model *model = verify->model;

	if (model->wpr2_reg && (hw->ops->bar0_read(hw, model->wpr2_reg) & GPUPT_WPR2_MASK))
		return -EIO;
	if (verify->marked && hw->ops->bar0_read(hw, model->canary_reg))
		return -EIO;
	return 0;
}

static int check_bar0(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	int ret = wait_boot0(hw, verify);

	if (!ret)
		ret = wait_booted(hw, verify);
	if (!ret)
		ret = check_wiped(hw, verify);
	/* A card may leave while it is looked at. */
	if (!test_boot0(hw, verify))
		ret = ret ?: -EIO;
	return ret;
}

void gpupt_verify_mark(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u32 reg = verify->model->canary_reg;
	u16 command;

	if (!reg || verify->model->firewall_ms || gpupt_link_is_down(hw))
		return;
	/* A rung that had no effect may have found that it is gone, or another. */
	if (!gpupt_hw_fn_answers(hw, hw->gpu))
		return;
	command = hw->ops->cfg_read(hw, hw->gpu, PCI_COMMAND, 2);
	if (command == GONE)
		return;
	command &= ~PCI_COMMAND_MASTER;
	hw->ops->cfg_write(hw, hw->gpu, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
	if (test_boot0(hw, verify)) {
		hw->ops->bar0_write(hw, reg, MARK);
		verify->marked |= hw->ops->bar0_read(hw, reg) == MARK;
	}
	hw->ops->cfg_write(hw, hw->gpu, PCI_COMMAND, 2, command);
}

int gpupt_verify_run(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u16 command;
	int ret;

	verify->boot0 = 0;
	verify->registers = false;
	verify->sec_fault = false;
	verify->link = gpupt_link_status(hw);
	if (gpupt_link_is_down(hw))
		return -ENODEV;
	ret = check_functions(hw);
	if (!ret)
		ret = wait_firewall(hw, verify);
	if (ret)
		return ret;

	command = hw->ops->cfg_read(hw, hw->gpu, PCI_COMMAND, 2);
	if (command == GONE)
		return -ENODEV;
	command &= ~PCI_COMMAND_MASTER;
	hw->ops->cfg_write(hw, hw->gpu, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
	ret = check_bar0(hw, verify);
	if (!gpupt_hw_fn_answers(hw, hw->gpu)) {
		verify->registers = false;
		return ret ?: -ENODEV;
	}
	hw->ops->cfg_write(hw, hw->gpu, PCI_COMMAND, 2, command);
	return ret;
}
