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
#include <linux/minmax.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "gpupt/hw.h"
#include "gpupt/link.h"
#include "gpupt/method.h"
#include "gpupt/model.h"
#include "gpupt/regs.h"
#include "gpupt/reset.h"
#include "gpupt/verify.h"

#define POLL_MS			10
/* A hung GPU never drains; the kernel waits about as long and goes on as well. */
#define DRAIN_MS		1000
/* Vendor ID of a Configuration RRS completion (PCIe r6.0, sec 2.3.2). */
#define VENDOR_RRS		0x0001
/* As long as the kernel waits for a card that says so (PCIE_RESET_READY_POLL_MS). */
#define RRS_MS			60000
/* A 16-bit register of a function that does not answer. */
#define GONE			0xffff

struct run {
	struct gpupt_hw *hw;
	const struct gpupt_model *model;
	struct gpupt_verify verify;
	u8 quiet;	/* functions that were quiesced once, whose COMMAND is in command[] */
	u8 misplaced;	/* functions whose BARs are not their own: not to be decoded */
	bool own_bars;	/* of the GPU, when it was quiesced */
	bool completed;	/* the latest rung gave every function that it reset back */
	u16 command[GPUPT_FUNCTIONS];
	u8 bar[GPUPT_FUNCTIONS];	/* offset of one with an address, or 0 */
};

/* Rungs without one take the functions off the bus, which is not done here. */
static const struct gpupt_method * const methods[] = {
	[GPUPT_RUNG_FLR] = &gpupt_method_flr,
	[GPUPT_RUNG_BUS] = &gpupt_method_bus,
	[GPUPT_RUNG_BUS_LONG] = &gpupt_method_bus_long,
	[GPUPT_RUNG_COUNT - 1] = NULL,
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
	return (hw->ops->cfg_read(hw, fn, PCI_HEADER_TYPE, 1) & GPUPT_HEADER_LAYOUT) ==
	       hw->fn[fn].header;
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
	int ret;

	if (!gpupt_hw_fn_answers(run->hw, fn))
		return 0;
	command = read_command(run, fn);
	if (command == GONE)
		return 0;

	/* One that a rung lost and the next one finds has the quiet COMMAND now. */
	if (!(run->quiet & BIT(fn)))
		run->command[fn] = command & ~PCI_COMMAND_MASTER;
	run->quiet |= BIT(fn);
	write_command(run, fn, PCI_COMMAND_INTX_DISABLE);
	if (!wait_drained(run, fn))
		return 0;
	ret = run->hw->ops->save(run->hw, fn);
	if (fn == run->hw->gpu)
		run->own_bars = !ret;
	return ret == -ENOMEM ? ret : 0;
}

/*
 * Gives a function its COMMAND back; one that was dead keeps what restore()
 * chose. Return: -ENODEV when it answered before and does not now.
 */
static int unquiesce(struct run *run, unsigned int fn)
{
	if (!(run->quiet & BIT(fn)))
		return 0;
	if (!gpupt_hw_fn_answers(run->hw, fn))
		return -ENODEV;
	if (run->misplaced & BIT(fn))
		run->command[fn] &= ~(PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	write_command(run, fn, run->command[fn]);
	return 0;
}

/* A card that the last rung waited a minute for is not given up for that. */
static void leave_time(struct run *run)
{
	const struct gpupt_model *model = run->model;
	u64 needed = now_ms(run) + model->firewall_ms + max(model->bar0_ms, model->boot_ms);

	if (run->verify.last && now_ms(run) > run->verify.deadline)
		run->verify.deadline = needed;
}

static int wait_config(struct run *run, unsigned int fn, u64 start, unsigned int gone_ms)
{
	for (;;) {
		u32 id = run->hw->ops->cfg_read(run->hw, fn, PCI_VENDOR_ID, 4);
		bool booting = (id & 0xffff) == VENDOR_RRS;
		/* Another rung would reset it in the middle of its boot; the last one can wait. */
		bool patient = booting && run->verify.last;
		u64 waited;

		if (id == run->hw->fn[fn].id && gpupt_hw_fn_answers(run->hw, fn)) {
			leave_time(run);
			return 0;
		}
		waited = now_ms(run) - start;
		if (waited >= (patient ? RRS_MS : run->model->config_ms) ||
		    (!patient && now_ms(run) >= run->verify.deadline))
			return booting ? -ETIMEDOUT : -ENODEV;
		if (!booting && waited >= gone_ms)
			return -ENODEV;
		sleep_ms(run, POLL_MS);
	}
}

/*
 * A reset clears the bit that shows the audio function (Linux quirk_nvidia_hda(),
 * which runs at enumeration, not after a reset).
 */
static void show_audio(struct run *run)
{
	struct gpupt_hw *hw = run->hw;
	u32 value;

	if (!run->model->hda_enable || !hw->hda)
		return;
	value = hw->ops->cfg_read(hw, hw->gpu, GPUPT_CFG_HDA, 4);
	if (value != ~0U && !(value & GPUPT_CFG_HDA_ENABLE))
		hw->ops->cfg_write(hw, hw->gpu, GPUPT_CFG_HDA, 4, value | GPUPT_CFG_HDA_ENABLE);
}

static int wait_functions(struct run *run, u8 functions, unsigned int gone_ms)
{
	u8 others = functions & ~BIT(run->hw->gpu);
	u64 start = now_ms(run);
	unsigned int fn;
	int ret;

	ret = wait_config(run, run->hw->gpu, start, gone_ms);
	if (ret)
		return ret;
	show_audio(run);
	for (fn = 0; fn < GPUPT_FUNCTIONS && !ret; fn++)
		if (others & BIT(fn))
			ret = wait_config(run, fn, start, gone_ms);
	return ret;
}

static u32 read_bar(struct run *run, unsigned int fn, unsigned int pos)
{
	return run->hw->ops->cfg_read(run->hw, fn, pos, 4);
}

static unsigned int find_bar(struct run *run, unsigned int fn)
{
	unsigned int pos;

	for (pos = PCI_BASE_ADDRESS_0; pos <= PCI_BASE_ADDRESS_5; pos += 4) {
		u32 bar = read_bar(run, fn, pos);

		if (bar != ~0U && bar & (u32)PCI_BASE_ADDRESS_MEM_MASK)
			return pos;
	}
	return 0;
}

/* A reset clears both the bit of COMMAND that quiesce() sets and the addresses. */
static void mark_functions(struct run *run, u8 functions)
{
	unsigned int fn;

	/* A rung before has restored it, as it was when the snapshot was taken. */
	if ((run->quiet & BIT(run->hw->gpu)) && gpupt_hw_fn_answers(run->hw, run->hw->gpu))
		write_command(run, run->hw->gpu, PCI_COMMAND_INTX_DISABLE);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (functions & run->quiet & BIT(fn))
			run->bar[fn] = find_bar(run, fn);
}

/*
 * Was there a reset at all? COMMAND is zero after one (PCIe r6.0, sec 7.5.1.1.3), and
 * addresses are (7.5.1.2.1). Whoever opens a card through VFIO writes COMMAND without its
 * lock, and may have read it before the reset: vfio_pci_core_enable(). Addresses nobody does.
 */
static int test_reset(struct run *run, u8 functions)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		u16 command;
		u32 bar;

		if (!(functions & run->quiet & BIT(fn)))
			continue;
		command = read_command(run, fn);
		if (command == GONE)
			return -ENODEV;
		if (!(command & PCI_COMMAND_INTX_DISABLE))
			continue;
		if (!run->bar[fn])
			return -EIO;
		bar = read_bar(run, fn, run->bar[fn]);
		if (bar == ~0U)
			return -ENODEV;
		if (bar & (u32)PCI_BASE_ADDRESS_MEM_MASK)
			return -EIO;
	}
	return 0;
}

static int restore_functions(struct run *run, u8 functions)
{
	unsigned int fn;
	int err, ret = 0;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!(functions & BIT(fn)))
			continue;
		/* It may be back when it is verified, with BARs that nobody gave back. */
		if (!gpupt_hw_fn_answers(run->hw, fn)) {
			ret = ret ?: -ENODEV;
			continue;
		}
		err = run->hw->ops->restore(run->hw, fn);
		if (err)
			run->misplaced |= BIT(fn);
		else
			run->misplaced &= ~BIT(fn);
		ret = ret ?: err;
	}
	return ret;
}

/*
 * A link that came back with fewer lanes gets a second chance. One that is merely slow does
 * not: a card lowers its speed when it is idle, and Retrain Link was reported to cost a card
 * that had (OGKM issue 1010).
 */
static void mend_link(struct run *run, bool held)
{
	struct gpupt_hw *hw = run->hw;

	if (!gpupt_link_is_narrower(hw->link, gpupt_link_status(hw)))
		return;
	if (!held && hw->ops->hold(hw, false))
		return;
	gpupt_link_retrain(hw);
	if (!held)
		hw->ops->release(hw);
}

static int verify(struct run *run, struct gpupt_outcome *out)
{
	int ret = gpupt_verify_run(run->hw, &run->verify);

	out->link = run->verify.link;
	out->boot0 = run->verify.boot0;
	out->registers = run->verify.registers;
	out->wrong = run->verify.wrong;
	out->mute = run->verify.mute;
	out->shown = run->verify.shown;
	out->missed = run->verify.missed;
	out->unread = run->verify.unread;
	out->advisory = run->verify.advisory;
	out->sec_fault = run->verify.sec_fault;
	return ret;
}

/* @tried is set once the card was reset, whatever came of it. */
static int fire(struct run *run, const struct gpupt_method *method, struct gpupt_outcome *out,
		bool *tried)
{
	u8 functions = method->whole_card ? run->hw->present : BIT(run->hw->gpu);
	int ret, restored;

	out->link_before = method->whole_card ? gpupt_link_status(run->hw) : 0;
	mark_functions(run, functions);
	if (run->own_bars && !(run->misplaced & BIT(run->hw->gpu)))
		gpupt_verify_mark(run->hw, &run->verify);
	ret = method->trigger(run->hw);
	*tried = ret != -ENODEV;
	/* Until they are restored. */
	if (*tried)
		run->misplaced |= functions;
	if (!ret)
		ret = wait_functions(run, functions, method->gone_ms);
	if (!ret)
		ret = test_reset(run, functions);
	restored = restore_functions(run, functions);
	ret = ret ?: restored;
	out->registers = false;
	out->wrong = false;
	out->mute = false;
	out->advisory = false;
	if (ret)
		return ret;
	run->completed = true;
	mend_link(run, method->whole_card);
	return verify(run, out);
}

static int try_rung(struct run *run, unsigned int rung, struct gpupt_outcome *out, bool *tried)
{
	const struct gpupt_method *method = methods[rung];
	u8 others = run->hw->present & ~BIT(run->hw->gpu);
	unsigned int fn;
	int ret, err;

	if (!method->whole_card)
		return fire(run, method, out, tried);

	ret = run->hw->ops->hold(run->hw, true);
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

/* One that resets the whole card does not follow while another function is in use. */
static bool is_last(const struct gpupt_reset_request *request, unsigned int i)
{
	for (i++; i < GPUPT_LADDER_LEN && request->ladder[i]; i++) {
		const struct gpupt_method *method = methods[request->ladder[i]];

		if (!request->shared || (method && !method->whole_card))
			return false;
	}
	return true;
}

static bool is_content(const struct run *run, const struct gpupt_reset_request *request,
		       unsigned int rung, const struct gpupt_outcome *out)
{
	if (request->content && out->advisory)
		return true;
	return request->content_flr && rung == GPUPT_RUNG_FLR && run->completed;
}

static int climb(struct run *run, const struct gpupt_reset_request *request,
		 struct gpupt_outcome *out)
{
	const struct gpupt_reset_observer *observer = request->observer;
	int first_tried = 0;
	unsigned int i;

	for (i = 0; i < GPUPT_LADDER_LEN && request->ladder[i]; i++) {
		unsigned int rung = request->ladder[i];
		u64 start = now_ms(run);
		bool advisory = out->advisory;
		bool tried = false;
		int ret;

		if (!methods[rung])
			continue;
		/* In use a moment ago is in use now. */
		if (methods[rung]->whole_card && out->declined == -EBUSY)
			continue;
		if (start >= run->verify.deadline)
			break;
		if (observer)
			observer->begin(run->hw, rung);
		run->verify.last = is_last(request, i);
		run->verify.trusted = methods[rung]->whole_card ? request->trusted :
				      request->trusted_flr;
		run->completed = false;
		ret = try_rung(run, rung, out, &tried);
		if (observer)
			observer->end(run->hw, rung, ret, now_ms(run) - start);

		if (tried) {
			out->rung = rung;
			out->climbed |= advisory;
		}
		if (!ret)
			return 0;
		/* That a function is in use is what the user can do something about. */
		if (!tried && out->declined != -EBUSY)
			out->declined = ret;
		if (tried && !first_tried)
			first_tried = ret;
		if (out->sec_fault || is_content(run, request, rung, out))
			break;
	}
	return first_tried ?: out->declined ?: -EOPNOTSUPP;
}

static void begin(struct run *run, struct gpupt_hw *hw,
		  const struct gpupt_reset_request *request, struct gpupt_outcome *out)
{
	*run = (struct run){ .hw = hw, .model = request->model };
	run->verify = (struct gpupt_verify){
		.model = request->model,
		.expect = request->boot0,
		.config_only = request->config_only,
		.trusted = request->trusted,
		.vain = request->vain,
		.mark = request->mark,
		.last = true,
		.deadline = now_ms(run) + request->budget_ms,
	};
	memset(out, 0, sizeof(*out));
}

static int end(struct run *run, u64 start, int ret, struct gpupt_outcome *out)
{
	out->result = ret;
	if (ret)
		out->boot0 = 0;
	out->ms = now_ms(run) - start;
	return ret;
}

int gpupt_reset_run(struct gpupt_hw *hw, const struct gpupt_reset_request *request,
		    struct gpupt_outcome *out)
{
	u64 start = hw->ops->now_ms(hw);
	struct run run;
	int ret, err;

	begin(&run, hw, request, out);
	ret = request->ladder[0] ? quiesce(&run, hw->gpu) : -EOPNOTSUPP;
	if (!ret)
		ret = climb(&run, request, out);
	err = unquiesce(&run, hw->gpu);
	if (err)
		out->registers = false;
	if (ret ?: err)
		out->shown = 0;
	return end(&run, start, ret ?: err, out);
}

int gpupt_reset_verify(struct gpupt_hw *hw, const struct gpupt_reset_request *request,
		       struct gpupt_outcome *out)
{
	u64 start = hw->ops->now_ms(hw);
	struct run run;

	begin(&run, hw, request, out);
	return end(&run, start, verify(&run, out), out);
}
