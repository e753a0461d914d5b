// SPDX-License-Identifier: GPL-2.0
// sources: model reset verify method_flr method_bus link
/*
 * The reset engine on a card to which anything may happen between any two accesses. A success is
 * judged by what was read from the card since its last reset, as documented in
 * Documentation/ABI/testing/sysfs-driver-gpupt_reset, by rules written down here once more.
 */
#include <linux/pci_regs.h>

#include "gpupt/hw.h"
#include "gpupt/link.h"
#include "gpupt/method.h"
#include "gpupt/model.h"
#include "gpupt/regs.h"
#include "gpupt/reset.h"
#include "gpupt/verify.h"

#include "fuzz.h"

TALLIES({ "alive" }, { "failed" }, { "not-tried" }, { "late" }, { "marked" }, { "no-memory" },
	{ "misplaced" }, { "sec-fault" });
enum { ALIVE, FAILED, NOT_TRIED, LATE, MARKED, NO_MEMORY, MISPLACED, SEC };

#define EXP		0x60
#define DVSEC		0x2b0
#define FUNCTIONS	4
/*
 * One rung that began just before the budget was used up, with everything that may take time;
 * the last one waits a minute for Configuration RRS.
 */
#define SLACK_MS	90000
#define MARK		0x4d41524b
/* As many in one rung as a bus reset has pulses for, and is still to leave nothing in reset. */
#define SCANS		3

enum answers { HEALTHY, ONES, RRS, STRANGER };

struct seen {
	u32 value;
	unsigned int at;	/* of the clock of accesses, 0: never */
};

struct world {
	struct gpupt_hw hw;
	struct input in;
	const struct gpupt_model *model;
	u32 good_boot0;
	u64 now;
	unsigned int clock;	/* accesses */
	unsigned int quiet_for;	/* accesses until the next event */
	unsigned int blink;	/* accesses until it answers again */

	enum answers answers[FUNCTIONS];
	u16 command[FUNCTIONS];
	bool busy[FUNCTIONS];	/* transactions pending */
	u32 boot0, priv, progress, wpr2, canary, firewall, hda;
	u16 link, link_ctl, link_ctl2, bridge, dev_ctl;
	bool has_dvsec;
	bool deaf;		/* a bus reset has no effect */
	bool scan;		/* one of the bus reads Bridge Control during the next bus reset, */
	bool scanned;		/* and writes it back after that */
	unsigned int scans;	/* in this rung */

	unsigned int held;
	unsigned int reset_at;	/* by what the engine did, whether it had an effect or not */
	unsigned int effect_at;
	bool whole;		/* that reset was one of the whole card */
	unsigned int quiesced_at;
	bool odd[FUNCTIONS];	/* BARs that were another's before any reset */
	bool lost[FUNCTIONS];	/* BARs lost in a reset, and not given back since */
	bool restored[FUNCTIONS];
	bool marked;
	unsigned int begun, ended, good_ends;
	struct seen id[FUNCTIONS], header[FUNCTIONS], written[FUNCTIONS], bars[FUNCTIONS];
	unsigned int bar0_accesses;
	struct seen reg_boot0, reg_priv, reg_progress, reg_wpr2, reg_canary, reg_firewall, reg_link;
};

static struct world *world_of(struct gpupt_hw *hw)
{
	return (struct world *)hw;
}

static bool present(const struct world *w, unsigned int fn)
{
	return w->hw.present & 1U << fn;
}

static void heal(struct world *w)
{
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++)
		w->answers[fn] = HEALTHY;
	w->boot0 = w->good_boot0;
	w->priv = 1;
	w->progress = 0x3ff;
	w->wpr2 = 0;
	w->firewall = 0;
	w->link = 0x2103;
}

static u32 any_of(struct world *w, u32 good)
{
	static const u32 values[] = { 0, 0xffffffff, 0xbadf1100, 0xbadf0200, 0xbad00200, 1, 0xff };
	uint8_t how = take(&w->in);

	if (how & 0x80)
		return good;
	return how & 0x40 ? take32(&w->in) : values[how % ARRAY_SIZE(values)];
}

static void set_answers(struct world *w, enum answers answers)
{
	uint8_t which = take(&w->in);

	for (unsigned int fn = 0; fn < FUNCTIONS; fn++)
		if (which & 1U << fn)
			w->answers[fn] = answers;
}

static void happen(struct world *w)
{
	uint8_t which;

	switch (take(&w->in) % 16) {
	case 0:
		w->blink = 1 + take(&w->in) % 8;
		return;
	case 1:
		set_answers(w, HEALTHY);
		return;
	case 2:
		set_answers(w, ONES);
		return;
	case 3:
		set_answers(w, RRS);
		return;
	case 4:
		set_answers(w, STRANGER);
		return;
	case 5:
		w->link = any_of(w, 0x2103);
		return;
	case 6:
		w->boot0 = any_of(w, w->good_boot0);
		return;
	case 7:
		w->priv = any_of(w, 1);
		return;
	case 8:
		w->progress = any_of(w, 0x3ff);
		return;
	case 9:
		w->wpr2 = any_of(w, 0);
		return;
	case 10:
		w->firewall = any_of(w, 0) | (take(&w->in) & 1) << 20;
		return;
	case 11:
		w->canary = any_of(w, 0);
		return;
	case 12:
		which = take(&w->in);
		/* as an open of the card through VFIO may, at any moment */
		if (which & 0x80)
			w->command[which % FUNCTIONS] |= PCI_COMMAND_INTX_DISABLE;
		else
			w->busy[which % FUNCTIONS] ^= true;
		return;
	case 13:
		if (take(&w->in) & 0x80)
			w->scan = true;
		else
			w->deaf = !w->deaf;
		return;
	case 14:
		w->hda = any_of(w, 0);
		return;
	case 15:
		heal(w);
		return;
	}
}

static void pass(struct world *w, unsigned int accesses)
{
	w->clock++;
	w->blink -= w->blink > 0;
	while (w->in.left && accesses--) {
		if (w->quiet_for--)
			continue;
		happen(w);
		w->quiet_for = take(&w->in);
		if (w->quiet_for & 0x80)
			w->quiet_for &= 7;
	}
}

static void saw(struct world *w, struct seen *seen, u32 value)
{
	seen->value = value;
	seen->at = w->clock;
}

static bool gone(const struct world *w, unsigned int fn)
{
	return w->blink || w->answers[fn] == ONES || !w->link ||
	       w->bridge & PCI_BRIDGE_CTL_BUS_RESET;
}

static u32 config(struct world *w, unsigned int fn, unsigned int pos)
{
	switch (pos) {
	case PCI_VENDOR_ID:
		return w->answers[fn] == STRANGER ? 0x12348086 : w->hw.fn[fn].id;
	case PCI_HEADER_TYPE:
		return 0x80;
	case PCI_COMMAND:
		return w->command[fn];
	case PCI_BASE_ADDRESS_0:
		return w->lost[fn] ? 0 : w->odd[fn] ? 0xe0000000 : 0xf0000000;
	case PCI_BASE_ADDRESS_1:
	case PCI_BASE_ADDRESS_2:
	case PCI_BASE_ADDRESS_3:
	case PCI_BASE_ADDRESS_4:
	case PCI_BASE_ADDRESS_5:
		return 0;
	case EXP + PCI_EXP_DEVCTL:
		return w->dev_ctl;
	case EXP + PCI_EXP_DEVSTA:
		return w->busy[fn] ? PCI_EXP_DEVSTA_TRPND : 0;
	case GPUPT_CFG_HDA:
		return w->hda;
	case DVSEC + GPUPT_DVSEC_FIREWALL:
		return w->firewall;
	}
	fprintf(stderr, "read of config 0x%x\n", pos);
	abort();
}

static u32 cfg_read(struct gpupt_hw *hw, unsigned int fn, unsigned int pos, unsigned int size)
{
	struct world *w = world_of(hw);
	u32 ones = size == 4 ? 0xffffffff : (1U << 8 * size) - 1, value;

	expect(fn < FUNCTIONS && present(w, fn));
	pass(w, 1);
	value = config(w, fn, pos);
	if (gone(w, fn))
		value = ones;
	else if (w->answers[fn] == RRS)
		value = pos == PCI_VENDOR_ID ? 0xffff0001 : ones;
	value &= ones;
	if (pos == PCI_VENDOR_ID)
		saw(w, &w->id[fn], value);
	if (pos == PCI_HEADER_TYPE)
		saw(w, &w->header[fn], value);
	if (pos == DVSEC + GPUPT_DVSEC_FIREWALL)
		saw(w, &w->reg_firewall, value);
	return value;
}

static void forget(struct world *w, unsigned int fn)
{
	w->command[fn] = 0;
	w->lost[fn] = true;
	if (fn != w->hw.gpu)
		return;
	w->effect_at = w->clock;
	w->canary = 0;
}

/* What the card is like afterwards is a matter of the input. */
static void reset_card(struct world *w, bool whole, bool arrives)
{
	w->reset_at = w->clock;
	w->whole = whole;
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++) {
		if (!whole && fn != w->hw.gpu)
			continue;
		w->restored[fn] = false;
		if (arrives)
			forget(w, fn);
	}
	if (arrives && take(&w->in) % 4 < 3)
		heal(w);
}

static void cfg_write(struct gpupt_hw *hw, unsigned int fn, unsigned int pos, unsigned int size,
		      u32 val)
{
	struct world *w = world_of(hw);
	bool lost;

	expect(fn < FUNCTIONS && present(w, fn));
	expect(size == (pos == GPUPT_CFG_HDA ? 4 : 2));
	/* Nothing is written to who does not answer. */
	expect(w->id[fn].value == hw->fn[fn].id);
	pass(w, 1);
	if (pos == PCI_COMMAND) {
		expect(!(val & PCI_COMMAND_MASTER));
		saw(w, &w->written[fn], val);
	}
	lost = gone(w, fn) || w->answers[fn] == RRS;
	if (pos == EXP + PCI_EXP_DEVCTL) {
		expect(fn == hw->gpu && val & PCI_EXP_DEVCTL_BCR_FLR);
		reset_card(w, false, !lost && !w->deaf);
		return;
	}
	if (lost)
		return;
	switch (pos) {
	case PCI_COMMAND:
		w->command[fn] = val;
		if (fn == hw->gpu && val == PCI_COMMAND_INTX_DISABLE)
			w->quiesced_at = w->clock;
		return;
	case GPUPT_CFG_HDA:
		w->hda = val;
		return;
	}
	fprintf(stderr, "write to config 0x%x\n", pos);
	abort();
}

static u32 port_read(struct gpupt_hw *hw, unsigned int pos, unsigned int size)
{
	struct world *w = world_of(hw);

	expect(size == 2);
	expect(hw->port_exp || pos == PCI_BRIDGE_CONTROL);
	pass(w, 1);
	switch (pos) {
	case PCI_BRIDGE_CONTROL:
		return w->bridge;
	case EXP + PCI_EXP_LNKCTL:
		return w->link_ctl;
	case EXP + PCI_EXP_LNKCTL2:
		return w->link_ctl2;
	case EXP + PCI_EXP_LNKSTA:
		saw(w, &w->reg_link, w->link & 0xffff);
		return w->link & 0xffff;
	}
	fprintf(stderr, "read of port 0x%x\n", pos);
	abort();
}

static void port_write(struct gpupt_hw *hw, unsigned int pos, unsigned int size, u32 val)
{
	struct world *w = world_of(hw);
	u16 before = w->bridge;

	expect(size == 2);
	expect(w->held);
	pass(w, 1);
	switch (pos) {
	case PCI_BRIDGE_CONTROL:
		w->bridge = val;
		if (val & ~before & PCI_BRIDGE_CTL_BUS_RESET)
			reset_card(w, true, !w->deaf);
		if (before & ~val & PCI_BRIDGE_CTL_BUS_RESET) {
			w->scanned = w->scan && w->scans < SCANS;
			w->scans += w->scanned;
			w->scan = false;
		}
		return;
	case EXP + PCI_EXP_LNKCTL:
		w->link_ctl = val & ~PCI_EXP_LNKCTL_RL;
		return;
	case EXP + PCI_EXP_LNKCTL2:
		w->link_ctl2 = val;
		return;
	}
	fprintf(stderr, "write to port 0x%x\n", pos);
	abort();
}

static struct seen *seen_register(struct world *w, u32 reg, u32 **value)
{
	const struct gpupt_model *m = w->model;

	*value = &w->boot0;
	if (reg == GPUPT_PMC_BOOT_0)
		return &w->reg_boot0;
	*value = &w->wpr2;
	if (m->wpr2_reg && reg == m->wpr2_reg)
		return &w->reg_wpr2;
	*value = &w->canary;
	if (m->canary_reg && reg == m->canary_reg)
		return &w->reg_canary;
	*value = &w->priv;
	if (reg == GPUPT_GFW_PRIV_LEVEL)
		return &w->reg_priv;
	*value = &w->progress;
	if (reg == (m->ready == GPUPT_READY_FSP ? m->fsp_reg : GPUPT_GFW_PROGRESS))
		return &w->reg_progress;
	fprintf(stderr, "access to register 0x%x\n", reg);
	abort();
}

/* BAR 0 is only ever touched where the kernel put it, and with decoding on. */
static void expect_decoded(struct world *w)
{
	expect(w->written[w->hw.gpu].value & PCI_COMMAND_MEMORY);
	expect(!w->odd[w->hw.gpu] && !w->lost[w->hw.gpu]);
}

static u32 bar0_read(struct gpupt_hw *hw, u32 reg)
{
	struct world *w = world_of(hw);
	struct seen *seen;
	u32 *value;

	expect(reg < GPUPT_BAR0_WINDOW);
	expect_decoded(w);
	w->bar0_accesses++;
	pass(w, 1);
	seen = seen_register(w, reg, &value);
	saw(w, seen, gone(w, hw->gpu) || w->answers[hw->gpu] == RRS ||
		     !(w->command[hw->gpu] & PCI_COMMAND_MEMORY) ? 0xffffffff : *value);
	if (seen == &w->reg_canary && w->marked)
		tallies[MARKED].count++;
	if (seen == &w->reg_canary && !w->reset_at && seen->value == MARK)
		w->marked = true;
	return seen->value;
}

static void bar0_write(struct gpupt_hw *hw, u32 reg, u32 val)
{
	struct world *w = world_of(hw);

	expect(reg == w->model->canary_reg && val == MARK);
	expect_decoded(w);
	w->bar0_accesses++;
	pass(w, 1);
	if (!gone(w, hw->gpu) && w->answers[hw->gpu] != RRS)
		w->canary = val;
}

static unsigned int dvsec(struct gpupt_hw *hw)
{
	return world_of(hw)->has_dvsec ? DVSEC : 0;
}

static int hold(struct gpupt_hw *hw, bool whole)
{
	struct world *w = world_of(hw);

	(void)whole;
	expect(!w->held);
	if (take(&w->in) % 8 == 7)
		return -EBUSY;
	w->held = 1;
	return 0;
}

static void release(struct gpupt_hw *hw)
{
	struct world *w = world_of(hw);

	expect(w->held);
	expect(!(w->bridge & PCI_BRIDGE_CTL_BUS_RESET));
	w->held = 0;
}

static int save(struct gpupt_hw *hw, unsigned int fn)
{
	struct world *w = world_of(hw);

	expect(w->id[fn].value == hw->fn[fn].id);
	switch (take(&w->in) % 16) {
	case 14:
		tallies[NO_MEMORY].count++;
		return -ENOMEM;
	case 15:
		w->odd[fn] = true;
		tallies[MISPLACED].count++;
		return -EIO;
	}
	return w->odd[fn] || w->lost[fn] ? -EIO : 0;
}

static bool own_bars(struct gpupt_hw *hw, unsigned int fn)
{
	struct world *w = world_of(hw);

	pass(w, 1);
	saw(w, &w->bars[fn], !gone(w, fn) && w->answers[fn] == HEALTHY && !w->odd[fn] &&
			     !w->lost[fn]);
	return w->bars[fn].value;
}

static void port_exp_modify(struct gpupt_hw *hw, unsigned int reg, u16 clear, u16 set)
{
	u16 value = port_read(hw, EXP + reg, 2);

	port_write(hw, EXP + reg, 2, (value & ~clear) | set);
}

static int restore(struct gpupt_hw *hw, unsigned int fn)
{
	struct world *w = world_of(hw);

	expect(w->id[fn].value == hw->fn[fn].id);
	if (take(&w->in) % 8 == 7)
		return -EIO;
	w->odd[fn] = false;
	w->lost[fn] = false;
	w->restored[fn] = true;
	/* not what quiesce() writes, which the properties go by */
	if (!gone(w, fn) && w->answers[fn] != RRS)
		w->command[fn] = PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_SERR;
	return 0;
}

static u64 now_ms(struct gpupt_hw *hw)
{
	return world_of(hw)->now;
}

static void sleep_ms(struct gpupt_hw *hw, unsigned int ms)
{
	struct world *w = world_of(hw);

	pass(w, 8);
	w->now += ms;
	if (w->scanned) {
		w->scanned = false;
		w->bridge |= PCI_BRIDGE_CTL_BUS_RESET;
		reset_card(w, true, !w->deaf);
	}
}

static const struct gpupt_hw_ops ops = {
	.cfg_read = cfg_read, .cfg_write = cfg_write, .port_read = port_read,
	.port_write = port_write, .port_exp_modify = port_exp_modify, .bar0_read = bar0_read, .bar0_write = bar0_write, .dvsec = dvsec,
	.hold = hold, .release = release, .save = save, .own_bars = own_bars, .restore = restore,
	.now_ms = now_ms, .sleep_ms = sleep_ms,
};

static void rung_begins(struct gpupt_hw *hw, unsigned int rung)
{
	struct world *w = world_of(hw);

	expect(rung > GPUPT_RUNG_NONE && rung < GPUPT_RUNG_COUNT);
	expect(w->begun == w->ended);
	w->begun++;
	w->scans = 0;
}

static void rung_ends(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms)
{
	struct world *w = world_of(hw);

	(void)rung;
	(void)ms;
	expect(!w->good_ends);
	w->ended++;
	w->good_ends += !result;
}

static const struct gpupt_reset_observer observer = { rung_begins, rung_ends };

static bool since_reset(const struct world *w, const struct seen *seen)
{
	return seen->at > w->reset_at;
}

static bool readable(const struct seen *seen)
{
	return seen->value != 0xffffffff && (seen->value & 0xfff00000) != 0xbad00000;
}

/* One that the card has shown before does not count against it only when it cannot be read. */
static void expect_sign(const struct gpupt_reset_request *request, const struct gpupt_outcome *out,
			u8 sign, bool known, bool good, bool can_be_read)
{
	expect(!(out->missed & out->shown & sign) && !(out->missed & out->unread & sign));
	if (out->missed & sign)
		expect(known && !good && !(request->trusted & sign));
	else if (out->unread & sign)
		expect(known && !can_be_read);
	else if (out->shown & sign)
		expect(known && good);
}

static void expect_signs(struct world *w, const struct gpupt_reset_request *request,
			 const struct gpupt_outcome *out)
{
	const struct gpupt_model *m = w->model;
	bool gfw = m->ready == GPUPT_READY_GFW;
	const struct seen *first = gfw ? &w->reg_priv : &w->reg_progress;

	if (m->ready != GPUPT_READY_BOOT0) {
		expect((out->shown | out->missed | out->unread) & GPUPT_SIGN_BOOT);
		expect_sign(request, out, GPUPT_SIGN_BOOT, since_reset(w, first),
			    readable(first) && (!gfw || w->reg_priv.value & 1) &&
			    readable(&w->reg_progress) && (w->reg_progress.value & 0xff) == 0xff,
			    readable(first));
		if (!(out->shown & GPUPT_SIGN_BOOT))
			return;
	}
	if (m->wpr2_reg) {
		expect((out->shown | out->missed | out->unread) & GPUPT_SIGN_WPR2);
		expect_sign(request, out, GPUPT_SIGN_WPR2, since_reset(w, &w->reg_wpr2),
			    readable(&w->reg_wpr2) && !(w->reg_wpr2.value >> 4),
			    readable(&w->reg_wpr2));
	}
	if (w->marked) {
		expect((out->shown | out->missed | out->unread) & GPUPT_SIGN_MARK);
		expect_sign(request, out, GPUPT_SIGN_MARK, since_reset(w, &w->reg_canary),
			    readable(&w->reg_canary) && w->reg_canary.value != MARK,
			    readable(&w->reg_canary));
	}
}

static void expect_alive(struct world *w, const struct gpupt_reset_request *request,
			 const struct gpupt_outcome *out)
{
	const struct gpupt_model *m = w->model;

	expect(w->reset_at);
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++) {
		if (!present(w, fn))
			continue;
		expect(since_reset(w, &w->id[fn]));
		expect(w->id[fn].value == w->hw.fn[fn].id);
		expect((w->header[fn].value & 0x7f) == w->hw.fn[fn].header);
		expect(since_reset(w, &w->bars[fn]) && w->bars[fn].value);
		if (w->whole || fn == w->hw.gpu)
			expect(w->restored[fn]);
	}
	/* A card that answered shows in COMMAND whether there was a reset. */
	if (w->quiesced_at && w->quiesced_at < w->reset_at)
		expect(w->effect_at > w->quiesced_at);
	if (w->hw.port_link_report) {
		expect(since_reset(w, &w->reg_link));
		expect(w->reg_link.value != 0xffff);
		expect(w->reg_link.value & PCI_EXP_LNKSTA_DLLLA);
		expect(!(w->reg_link.value & PCI_EXP_LNKSTA_LT));
	}
	if (m->firewall_ms && w->has_dvsec) {
		expect(since_reset(w, &w->reg_firewall));
		expect(!(w->reg_firewall.value & 1U << 20));
	}
	if (request->config_only) {
		expect(!w->bar0_accesses && !out->boot0);
		return;
	}
	expect(out->boot0 == w->reg_boot0.value);
	expect(since_reset(w, &w->reg_boot0));
	/* It may leave while it is looked at, so that one is looked at once more. */
	expect(w->reg_boot0.at >= w->reg_priv.at && w->reg_boot0.at >= w->reg_progress.at &&
	       w->reg_boot0.at >= w->reg_wpr2.at && w->reg_boot0.at >= w->reg_canary.at);
	expect(request->boot0 ? w->reg_boot0.value == request->boot0 :
				may_be_boot0(m->arch_first, m->arch_last, w->reg_boot0.value));
	expect_signs(w, request, out);
}

static void begin(struct world *w)
{
	const struct gpupt_model_range *range = gpupt_model_range(take(&w->in) % 64);
	uint8_t bits = take(&w->in);

	w->model = range ? range->model : gpupt_model_find(0xffff);
	w->good_boot0 = (u32)w->model->arch_first << 24 | 0x2000a1;
	w->hw.ops = &ops;
	w->hw.present = 1 | (take(&w->in) & 0xf);
	w->hw.gpu = 0;
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++) {
		w->hw.fn[fn] = (struct gpupt_hw_fn){ .id = 0x220610de + (fn << 16), .exp = EXP };
		w->command[fn] = take(&w->in) | PCI_COMMAND_INTX_DISABLE * (take(&w->in) & 1);
	}
	w->hw.port_exp = bits & 1 ? 0 : EXP;
	w->hw.port_link_report = w->hw.port_exp && !(bits & 2);
	w->hw.link = w->hw.port_exp && bits & 4 ? 0x1103 : 0;
	w->hw.hda = bits & 8;
	w->has_dvsec = !(bits & 16);
	w->deaf = bits & 32;
	w->link_ctl2 = 3;
	heal(w);
	for (bits &= 0xc0; bits; bits -= 0x40)
		happen(w);
	w->quiet_for = take(&w->in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));
	u8 ladder[GPUPT_LADDER_LEN] = { 0 };
	struct gpupt_reset_request request;
	struct gpupt_outcome out;
	unsigned int rungs;
	uint8_t how;
	int ret;

	w->in = (struct input){ data, size };
	begin(w);
	rungs = take(&w->in);
	if (rungs & 1) {
		memcpy(ladder, w->model->ladder, sizeof(ladder));
	} else {
		for (unsigned int i = 0; i < 3; i++)
			ladder[i] = 1 + (rungs >> (1 + 2 * i) & 3) % GPUPT_RUNG_BUS_LONG;
		ladder[rungs >> 7 ? 1 : 3] = 0;
	}
	request = (struct gpupt_reset_request){
		.model = w->model, .ladder = ladder, .boot0 = take(&w->in) & 1 ? w->good_boot0 : 0,
		.budget_ms = (take(&w->in) + 1) * 240, .observer = &observer,
		.trusted = take(&w->in) & (GPUPT_SHOWN_PROMPT | ((1 << GPUPT_SIGNS) - 1)),
		.vain = take(&w->in) & ((1 << GPUPT_SIGNS) - 1), .mark = MARK,
	};
	how = take(&w->in);
	request.config_only = how % 8 == 7;
	request.content = how & 8;
	request.content_flr = how & 16;
	request.shared = how & 32;
	request.trusted_flr = request.trusted;
	memset(&out, 0x5a, sizeof(out));

	ret = gpupt_reset_run(&w->hw, &request, &out);

	expect(out.result == ret);
	expect(!w->held && !(w->bridge & PCI_BRIDGE_CTL_BUS_RESET));
	expect(w->begun == w->ended);
	expect(out.ms == w->now);
	expect(w->now <= request.budget_ms + SLACK_MS);
	if (w->now > request.budget_ms)
		tallies[LATE].count++;
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++)
		if (w->lost[fn] && w->written[fn].at > w->reset_at)
			expect(!(w->written[fn].value & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO)));
	if (!ret) {
		expect(memchr(ladder, out.rung, sizeof(ladder)) && out.rung <= GPUPT_RUNG_BUS_LONG);
		expect(out.rung != GPUPT_RUNG_NONE);
		expect(w->good_ends);
		expect_alive(w, &request, &out);
		tallies[ALIVE].count++;
	} else {
		expect(ret == -EBUSY || ret == -ENOMEM || ret == -EOPNOTSUPP || ret == -ENODEV ||
		       ret == -ETIMEDOUT || ret == -EIO);
		expect(!out.boot0);
		tallies[out.rung == GPUPT_RUNG_NONE ? NOT_TRIED : FAILED].count++;
		tallies[SEC].count += out.sec_fault;
	}
	free(w);
	return 0;
}
