// SPDX-License-Identifier: GPL-2.0
/*
 * The reset engine: quiesce, save, trigger, wait, restore, verify, next rung.
 *
 * Two rules hold at every step. A function that does not answer is not written
 * to, except by the rung that is to wake it. And bus mastering is off from the
 * first step to the last, since the memory that the card was told of may no
 * longer be its own.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "gpupt/hw.h"
#include "gpupt/method.h"
#include "gpupt/model.h"
#include "gpupt/regs.h"
#include "gpupt/reset.h"

#define POLL_MS			10
/* A hung GPU never drains; the kernel waits about as long and goes on as well. */
#define DRAIN_MS		1000
/* Vendor ID of a Configuration RRS completion (PCIe r6.0, sec 2.3.2). */
#define VENDOR_RRS		0x0001
/* Bit 7, multi-function, is not the same in every function of a card. */
#define HEADER_LAYOUT		0x7f
/* A 16-bit register of a function that does not answer. */
#define GONE			0xffff

struct run {
	struct gpupt_hw *hw;
	const struct gpupt_model *model;
	u32 boot0;
	u8 quiet;	/* functions that were quiesced, whose COMMAND is in command[] */
	u8 misplaced;	/* functions whose BARs are not their own: not to be decoded */
	u16 command[GPUPT_FUNCTIONS];
};

static const struct gpupt_method * const methods[] = {
	[GPUPT_RUNG_FLR] = &gpupt_method_flr,
	[GPUPT_RUNG_BUS] = &gpupt_method_bus,
};

static_assert(ARRAY_SIZE(methods) == GPUPT_RUNG_COUNT);

static u64 now_ms(struct run *run)
{
	return run->hw->ops->now_ms(run->hw);
}

static void sleep_ms(struct run *run, unsigned int ms)
{
	run->hw->ops->sleep_ms(run->hw, ms);
}

static u16 read_command(struct run *run, unsigned int fn)
{
	return run->hw->ops->cfg_read(run->hw, fn, PCI_COMMAND, 2);
}

static void write_command(struct run *run, unsigned int fn, u16 command)
{
	run->hw->ops->cfg_write(run->hw, fn, PCI_COMMAND, 2, command);
}

bool gpupt_hw_fn_answers(struct gpupt_hw *hw, unsigned int fn)
{
	if (hw->ops->cfg_read(hw, fn, PCI_VENDOR_ID, 4) != hw->fn[fn].id)
		return false;
	return (hw->ops->cfg_read(hw, fn, PCI_HEADER_TYPE, 1) & HEADER_LAYOUT) == hw->fn[fn].header;
}

/* Return: false when the function went away. */
static bool wait_drained(struct run *run, unsigned int fn)
{
	unsigned int pos = run->hw->fn[fn].exp + PCI_EXP_DEVSTA;
	u64 deadline = now_ms(run) + DRAIN_MS;
	u16 status;

	if (!run->hw->fn[fn].exp)
		return true;
	for (;;) {
		status = run->hw->ops->cfg_read(run->hw, fn, pos, 2);
		if (status == GONE)
			return false;
		if (!(status & PCI_EXP_DEVSTA_TRPND) || now_ms(run) >= deadline)
			return true;
		sleep_ms(run, POLL_MS);
	}
}

/* Stops a function that answers, and remembers its config space. */
static int quiesce(struct run *run, unsigned int fn)
{
	u16 command;

	if (!gpupt_hw_fn_answers(run->hw, fn))
		return 0;
	command = read_command(run, fn);
	if (command == GONE)
		return 0;

	run->command[fn] = command & ~PCI_COMMAND_MASTER;
	run->quiet |= BIT(fn);
	write_command(run, fn, PCI_COMMAND_INTX_DISABLE);
	if (!wait_drained(run, fn))
		return 0;
	return run->hw->ops->save(run->hw, fn);
}

/*
 * Gives a function its COMMAND back; one that was dead keeps what restore()
 * chose. Return: -ENODEV when it answered before and does not now.
 */
static int unquiesce(struct run *run, unsigned int fn)
{
	if (!(run->quiet & BIT(fn)))
		return 0;
	run->quiet &= ~BIT(fn);
	if (!gpupt_hw_fn_answers(run->hw, fn))
		return -ENODEV;
	if (run->misplaced & BIT(fn))
		run->command[fn] &= ~(PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	write_command(run, fn, run->command[fn]);
	return 0;
}

static int wait_config(struct run *run, unsigned int fn, u64 start, unsigned int gone_ms)
{
	for (;;) {
		u32 id = run->hw->ops->cfg_read(run->hw, fn, PCI_VENDOR_ID, 4);
		bool booting = (id & 0xffff) == VENDOR_RRS;
		u64 waited;

		if (id == run->hw->fn[fn].id && gpupt_hw_fn_answers(run->hw, fn))
			return 0;
		waited = now_ms(run) - start;
		if (waited >= run->model->config_ms)
			return booting ? -ETIMEDOUT : -ENODEV;
		if (!booting && waited >= gone_ms)
			return -ENODEV;
		sleep_ms(run, POLL_MS);
	}
}

static int wait_functions(struct run *run, u8 functions, unsigned int gone_ms)
{
	u64 start = now_ms(run);
	unsigned int fn;
	int ret;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(functions & BIT(fn)))
			continue;
		ret = wait_config(run, fn, start, gone_ms ?: run->model->config_ms);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Was there a reset at all? COMMAND is zero after one (PCIe r6.0, sec 7.5.1.1.3),
 * and quiesce() or restore() had set a bit of it.
 */
static int test_reset(struct run *run, u8 functions)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		u16 command;

		if (!(functions & run->quiet & BIT(fn)))
			continue;
		command = read_command(run, fn);
		if (command == GONE)
			return -ENODEV;
		if (command & PCI_COMMAND_INTX_DISABLE)
			return -EIO;
	}
	return 0;
}

static int restore_functions(struct run *run, u8 functions)
{
	unsigned int fn;
	int err, ret = 0;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(functions & BIT(fn)) || !gpupt_hw_fn_answers(run->hw, fn))
			continue;
		err = run->hw->ops->restore(run->hw, fn);
		if (err)
			run->misplaced |= BIT(fn);
		else
			run->misplaced &= ~BIT(fn);
		ret = ret ?: err;
	}
	return ret;
}

static bool test_boot0(struct run *run, u32 *boot0)
{
	*boot0 = run->hw->ops->bar0_read(run->hw, GPUPT_PMC_BOOT_0);
	if (run->boot0)
		return *boot0 == run->boot0;
	return gpupt_model_knows_boot0(run->model, *boot0);
}

static bool test_ready(struct run *run)
{
	u32 level, progress;

	switch (run->model->ready) {
	case GPUPT_READY_BOOT0:
		return true;
	case GPUPT_READY_GFW:
		level = run->hw->ops->bar0_read(run->hw, GPUPT_GFW_PRIV_LEVEL);
		if (level == ~0U || !(level & GPUPT_GFW_PRIV_LEVEL_LOWERED))
			return false;
		progress = run->hw->ops->bar0_read(run->hw, GPUPT_GFW_PROGRESS);
		return progress != ~0U &&
		       (progress & GPUPT_GFW_PROGRESS_MASK) == GPUPT_GFW_PROGRESS_DONE;
	}
	return false;
}

static int wait_bar0(struct run *run, u32 *boot0)
{
	u64 deadline = now_ms(run) + run->model->bar0_ms;

	while (!test_boot0(run, boot0)) {
		if (now_ms(run) >= deadline)
			return -EIO;
		sleep_ms(run, POLL_MS);
	}

	deadline = now_ms(run) + run->model->boot_ms;
	while (!test_ready(run)) {
		if (now_ms(run) >= deadline)
			return -ETIMEDOUT;
		sleep_ms(run, POLL_MS);
	}

	/* All-ones pass for progress on a card that left while it booted. */
	return test_boot0(run, boot0) ? 0 : -EIO;
}

static int check_link(struct run *run, u16 *link)
{
	*link = 0;
	if (!run->hw->port_exp)
		return 0;
	*link = run->hw->ops->port_read(run->hw, run->hw->port_exp + PCI_EXP_LNKSTA, 2);
	if (!run->hw->port_link_report)
		return 0;
	return *link != GONE && (*link & PCI_EXP_LNKSTA_DLLLA) ? 0 : -ENODEV;
}

/* The one place that says a card is alive. */
static int verify(struct run *run, struct gpupt_outcome *out)
{
	struct gpupt_hw *hw = run->hw;
	unsigned int fn;
	u32 boot0;
	u16 command;
	int ret;

	ret = check_link(run, &out->link);
	if (ret)
		return ret;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if ((hw->present & BIT(fn)) && !gpupt_hw_fn_answers(hw, fn))
			return -ENODEV;

	command = read_command(run, hw->gpu);
	if (command == GONE)
		return -ENODEV;
	command &= ~PCI_COMMAND_MASTER;
	write_command(run, hw->gpu, command | PCI_COMMAND_MEMORY);
	ret = wait_bar0(run, &boot0);
	if (!gpupt_hw_fn_answers(hw, hw->gpu))
		return ret ?: -ENODEV;
	write_command(run, hw->gpu, command);
	if (!ret)
		out->boot0 = boot0;
	return ret;
}

/* @tried is set once the card was reset, whatever came of it. */
static int fire(struct run *run, const struct gpupt_method *method, struct gpupt_outcome *out,
		bool *tried)
{
	u8 functions = method->whole_card ? run->hw->present : BIT(run->hw->gpu);
	int ret, restored;

	ret = method->trigger(run->hw);
	*tried = ret != -ENODEV;
	if (!ret)
		ret = wait_functions(run, functions, method->gone_ms);
	if (!ret)
		ret = test_reset(run, functions);
	restored = restore_functions(run, functions);
	ret = ret ?: restored;
	return ret ?: verify(run, out);
}

static int try_rung(struct run *run, unsigned int rung, struct gpupt_outcome *out, bool *tried)
{
	const struct gpupt_method *method = methods[rung];
	u8 others = run->hw->present & ~BIT(run->hw->gpu);
	unsigned int fn;
	int ret, err;

	if (!method->whole_card)
		return fire(run, method, out, tried);

	ret = run->hw->ops->hold(run->hw);
	if (ret)
		return ret;
	for (fn = 0; fn < GPUPT_FUNCTIONS && !ret; fn++)
		if (others & BIT(fn))
			ret = quiesce(run, fn);
	if (!ret)
		ret = fire(run, method, out, tried);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(others & BIT(fn)))
			continue;
		err = unquiesce(run, fn);
		ret = ret ?: err;
	}
	run->hw->ops->release(run->hw);
	return ret;
}

static int climb(struct run *run, const u8 *ladder, const struct gpupt_reset_observer *observer,
		 struct gpupt_outcome *out)
{
	int first_tried = 0;
	unsigned int i;

	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i]; i++) {
		u64 start = now_ms(run);
		bool tried = false;
		int ret;

		if (observer)
			observer->begin(run->hw, ladder[i]);
		ret = try_rung(run, ladder[i], out, &tried);
		if (observer)
			observer->end(run->hw, ladder[i], ret, now_ms(run) - start);

		if (tried)
			out->rung = ladder[i];
		if (!ret)
			return 0;
		/* That a function is in use is what the user can do something about. */
		if (!tried && out->declined != -EBUSY)
			out->declined = ret;
		if (tried && !first_tried)
			first_tried = ret;
	}
	return first_tried ?: out->declined;
}

int gpupt_reset_run(struct gpupt_hw *hw, const struct gpupt_model *model, const u8 *ladder,
		    u32 boot0, const struct gpupt_reset_observer *observer,
		    struct gpupt_outcome *out)
{
	struct run run = { .hw = hw, .model = model, .boot0 = boot0 };
	u64 start = now_ms(&run);
	int ret, err;

	memset(out, 0, sizeof(*out));
	ret = ladder[0] ? quiesce(&run, hw->gpu) : -EOPNOTSUPP;
	if (!ret)
		ret = climb(&run, ladder, observer, out);
	err = unquiesce(&run, hw->gpu);
	out->result = ret ?: err;
	if (out->result)
		out->boot0 = 0;
	out->ms = now_ms(&run) - start;
	return out->result;
}
