// SPDX-License-Identifier: GPL-2.0
/*
 * Is the card alive? BAR0 is read last, and only on a card whose link, config
 * space and firewall are fine: a read that is not completed is an error of the host's
 * (port_errors.h).
 *
 * Link, identity, BARs and PMC_BOOT_0 are fact, the same for every card. Boot of the
 * firmware, WPR2 and the mark are signs: what their registers mean is known from NVIDIA's
 * sources for some cards alone, and a GPU in confidential mode hides them (OGKM
 * kgspIsWpr2Up_GH100). So a sign counts against a card that has shown it before, and is
 * only told of any other.
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
/*
 * A read that nobody completes keeps a processor until it times out, 50 ms by default (PCIe
 * r6.0, sec 7.5.3.16), so each that returns all-ones makes the next one wait longer.
 */
#define LOST_READ_MS		50
#define LOST_READ_FACTOR	4
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

/*
 * A bus reset by another hand (NVIDIA's gpu-admin-tools, setpci) leaves functions that answer
 * and have no addresses; an FLR of the GPU does not give them back.
 */
static int check_functions(struct gpupt_hw *hw)
{
	unsigned int fn;
	int ret = 0;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(hw->present & BIT(fn)))
			continue;
		if (!gpupt_hw_fn_answers(hw, fn))
			return -ENODEV;
		if (!hw->ops->own_bars(hw, fn))
			ret = -EIO;
	}
	return ret;
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
		if (verify->deadline > hw->ops->now_ms(hw))
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

/* Is this what a read returned in place of the register? */
static bool is_unreadable(u32 value)
{
	return value == ~0U || (value & GPUPT_PRI_ERROR_MASK) == GPUPT_PRI_ERROR;
}

static bool test_boot0(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	verify->boot0 = hw->ops->bar0_read(hw, GPUPT_PMC_BOOT_0);
	if (verify->expect)
		verify->registers = verify->boot0 == verify->expect;
	else
		verify->registers = gpupt_model_knows_boot0(verify->model, verify->boot0);
	verify->wrong = !verify->registers;
	verify->mute = verify->wrong && (!verify->boot0 || is_unreadable(verify->boot0));
	return verify->registers;
}

/*
 * A card may hide its registers until its firmware is done, so both have until @booted. Less
 * is enough while another rung follows for a card that does not complete reads, or that has
 * been prompt before.
 */
static int wait_boot0(struct gpupt_hw *hw, struct gpupt_verify *verify, u64 booted)
{
	u64 deadline = deadline_in(hw, verify, verify->model->bar0_ms);
	bool prompt = verify->trusted & GPUPT_SHOWN_PROMPT;
	unsigned int lost_ms = LOST_READ_MS;

	while (!test_boot0(hw, verify)) {
		bool lost = verify->boot0 == ~0U;
		bool fault = gpupt_model_is_sec_fault(verify->boot0);
		u64 end = fault || (!verify->last && (lost || prompt)) ? deadline : booted;
		u64 now;

		if (is_late(hw, end)) {
			verify->sec_fault = fault;
			return -EIO;
		}
		/* Lost reads of a card whose config space is gone as well tell nothing more. */
		if (lost && !gpupt_hw_fn_answers(hw, hw->gpu))
			return -ENODEV;
		if (!lost) {
			hw->ops->sleep_ms(hw, POLL_MS);
			continue;
		}
		now = hw->ops->now_ms(hw);
		if (now < end)
			hw->ops->sleep_ms(hw, min_t(u64, lost_ms, end - now));
		lost_ms *= LOST_READ_FACTOR;
	}
	if (!is_late(hw, deadline))
		verify->shown |= GPUPT_SHOWN_PROMPT;
	return 0;
}

static bool test_field(struct gpupt_hw *hw, u32 reg, u32 mask, u32 done)
{
	u32 value = hw->ops->bar0_read(hw, reg);

	return !is_unreadable(value) && (value & mask) == done;
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

/* Return: true when the progress can be read, and says so. */
static bool wait_booted(struct gpupt_hw *hw, const struct gpupt_verify *verify, u64 deadline)
{
	/* One that this card was waited for in vain, and never showed, is looked at once. */
	bool vain = (verify->vain & ~verify->trusted) & GPUPT_SIGN_BOOT;

	while (!test_booted(hw, verify->model)) {
		if (vain || is_late(hw, deadline))
			return false;
		hw->ops->sleep_ms(hw, POLL_MS);
	}
	return true;
}

static bool boot_is_readable(struct gpupt_hw *hw, const struct gpupt_model *model)
{
	switch (model->ready) {
	case GPUPT_READY_GFW:
		return !is_unreadable(hw->ops->bar0_read(hw, GPUPT_GFW_PRIV_LEVEL));
	case GPUPT_READY_FSP:
		return !is_unreadable(hw->ops->bar0_read(hw, model->fsp_reg));
	default:
		return true;
	}
}

/* Return: false when the other signs mean nothing yet. */
static bool look_for_boot(struct gpupt_hw *hw, struct gpupt_verify *verify, u64 deadline)
{
	if (verify->model->ready == GPUPT_READY_BOOT0)
		return true;
	if (wait_booted(hw, verify, deadline)) {
		verify->shown |= GPUPT_SIGN_BOOT;
		return true;
	}
	if (boot_is_readable(hw, verify->model))
		verify->missed |= GPUPT_SIGN_BOOT;
	else
		verify->unread |= GPUPT_SIGN_BOOT;
	return false;
}

static void look_at_wpr2(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u32 value;

	if (!verify->model->wpr2_reg)
		return;
	value = hw->ops->bar0_read(hw, verify->model->wpr2_reg);
	if (is_unreadable(value))
		verify->unread |= GPUPT_SIGN_WPR2;
	else if (value & GPUPT_WPR2_MASK)
		verify->missed |= GPUPT_SIGN_WPR2;
	else
		verify->shown |= GPUPT_SIGN_WPR2;
}

static void look_for_mark(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u32 value;

	if (!verify->marked)
		return;
	value = hw->ops->bar0_read(hw, verify->model->canary_reg);
	if (is_unreadable(value))
		verify->unread |= GPUPT_SIGN_MARK;
	else if (value == verify->mark)
		verify->missed |= GPUPT_SIGN_MARK;
	else
		verify->shown |= GPUPT_SIGN_MARK;
}

/* Signs that the card is known to show, and does not. */
static int weigh(struct gpupt_verify *verify)
{
	u8 against = verify->missed & verify->trusted;

	verify->advisory = against;
	if (against & GPUPT_SIGN_BOOT)
		return -ETIMEDOUT;
	return against ? -EIO : 0;
}

static int check_bar0(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	const struct gpupt_model *model = verify->model;
	u64 deadline = deadline_in(hw, verify, max(model->bar0_ms, model->boot_ms));
	int ret = wait_boot0(hw, verify, deadline);

	if (ret)
		return ret;
	if (look_for_boot(hw, verify, deadline)) {
		look_at_wpr2(hw, verify);
		look_for_mark(hw, verify);
	}
	/* A card may leave while it is looked at. */
	return test_boot0(hw, verify) ? weigh(verify) : -EIO;
}

void gpupt_verify_mark(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u32 reg = verify->model->canary_reg;
	u16 command;

	if (!reg || !verify->mark || verify->config_only || verify->model->firewall_ms ||
	    gpupt_link_is_down(hw))
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
		hw->ops->bar0_write(hw, reg, verify->mark);
		verify->marked |= hw->ops->bar0_read(hw, reg) == verify->mark;
	}
	hw->ops->cfg_write(hw, hw->gpu, PCI_COMMAND, 2, command);
}

int gpupt_verify_run(struct gpupt_hw *hw, struct gpupt_verify *verify)
{
	u16 command;
	int ret;

	verify->boot0 = 0;
	verify->registers = false;
	verify->wrong = false;
	verify->mute = false;
	verify->sec_fault = false;
	verify->advisory = false;
	verify->shown = 0;
	verify->missed = 0;
	verify->unread = 0;
	verify->link = gpupt_link_status(hw);
	if (gpupt_link_is_down(hw))
		return -ENODEV;
	ret = check_functions(hw);
	if (ret)
		return ret;
	ret = wait_firewall(hw, verify);
	if (ret) {
		verify->wrong = true;
		verify->mute = true;
		return ret;
	}
	if (verify->config_only) {
		verify->registers = true;
		return 0;
	}

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
