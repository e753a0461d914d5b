// SPDX-License-Identifier: GPL-2.0
/*
 * A card that records how it is touched; see fake_gpu.h.
 *
 * Capability offsets, FLR bits and PMC_BOOT_0 are those of the real cards:
 * Express at 0x78, FLReset- on the P40, FLReset+ on the RTX cards' GPU function.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "fake_gpu.h"
#include "gpupt/regs.h"

#define EXP			0x78
#define PORT_EXP		0x40
#define BAR0_ADDRESS		0xfb000000
/* PMC_BOOT_0 of a GM204, which is none of the cards here */
#define OTHER_BOOT0		0x124320a1
#define PRI_ERROR_READ		0xbadf1100

/* PCIe r6.0, sec 6.6.1 and 6.6.2 */
#define SETTLE_MS		100
/* PCI 3.0, sec 7.6.4.2: Trst */
#define ASSERT_MS		1

/* More accesses than this without a sleep are a loop that does not end. */
#define MOST_UNSLEPT		2000

#define COMMAND_RW	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
			 PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define COMMAND_SET	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR)
#define STATUS_W1C	0xf900
#define DEVSTA_W1C	0x000f

/* Registers that every function has; what differs between them is in struct fake_kind. */
static const struct fake_reg common_regs[] = {
	{ PCI_COMMAND, 2, 0, COMMAND_RW, .set = COMMAND_SET },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, STATUS_W1C, PCI_STATUS_CAP_LIST },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff, .set = 0x10 },
	{ PCI_CAPABILITY_LIST, 1, 0x60, .set = 0x60 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff, .set = 0x0b },
	{ PCI_INTERRUPT_PIN, 1, 1, .set = 1 },
	{ 0x60, 4, 0x00036801, .set = 0x00036801 },
	{ 0x64, 2, PCI_PM_CTRL_NO_SOFT_RESET, .set = PCI_PM_CTRL_NO_SOFT_RESET },
	{ 0x68, 4, 0x00807805, 0x00010000, .set = 0x00807805 },
	{ EXP, 4, 0x00020010, .set = 0x00020010 },
	/* payload 256, read request 512, no snoop, relaxed ordering, as firmware sets it */
	{ EXP + PCI_EXP_DEVCTL, 2, 0x2810, 0x7fff, .set = 0x2930 },
	{ EXP + PCI_EXP_DEVSTA, 2, 0, 0, DEVSTA_W1C },
	{ EXP + PCI_EXP_LNKCTL, 2, 0, 0x01fb, .set = 0x0140 },
	{ EXP + PCI_EXP_LNKSTA, 2, 0x1103, .set = 0x1103 },
	{}
};

static const struct fake_reg gpu_bars[] = {
	{ PCI_BASE_ADDRESS_0, 4, 0, 0xff000000, .set = BAR0_ADDRESS },
	{ PCI_BASE_ADDRESS_1, 4, 0xc, 0xf0000000, .set = 0xe000000c },
	{ PCI_BASE_ADDRESS_2, 4, 0, 0xffffffff, .set = 0x38 },
	{ PCI_BASE_ADDRESS_3, 4, 0xc, 0xfe000000, .set = 0xf000000c },
	{ PCI_BASE_ADDRESS_4, 4, 0, 0xffffffff, .set = 0x38 },
	{}
};

static const struct fake_reg audio_bars[] = {
	{ PCI_BASE_ADDRESS_0, 4, 0, 0xffffc000, .set = 0xfc080000 },
	{}
};

static const struct fake_reg usb_bars[] = {
	{ PCI_BASE_ADDRESS_0, 4, 0xc, 0xfffc0000, .set = 0xf200000c },
	{ PCI_BASE_ADDRESS_1, 4, 0, 0xffffffff, .set = 0x39 },
	{}
};

static const struct fake_reg ucsi_bars[] = {
	{ PCI_BASE_ADDRESS_0, 4, 0, 0xfffff000, .set = 0xfc084000 },
	{}
};

const struct fake_card fake_p40 = {
	.fn = {
		{ 0x1b38, 0x030200, 0x00, .bars = gpu_bars },
	},
	.boot0 = 0x132000a1,
};

const struct fake_card fake_rtx3080 = {
	.fn = {
		{ 0x2206, 0x030000, 0x80, .flr = true, .bars = gpu_bars },
		{ 0x1aef, 0x040300, 0x80, .bars = audio_bars },
	},
	.boot0 = 0xb72000a1, .gfw = true,
};

const struct fake_card fake_rtx2080 = {
	.fn = {
		{ 0x1e87, 0x030000, 0x80, .flr = true, .bars = gpu_bars },
		{ 0x10f8, 0x040300, 0x80, .bars = audio_bars },
		{ 0x1ad8, 0x0c0330, 0x80, .bars = usb_bars },
		{ 0x1ad9, 0x0c8000, 0x80, .bars = ucsi_bars },
	},
	.boot0 = 0x164000a1, .gfw = true, .no_link_report = true,
};

/* The port: bridge control, link status and slot control are what matters here. */
static const struct fake_reg port_regs[] = {
	{ PCI_VENDOR_ID, 4, .set = 0x34208086 },
	{ PCI_COMMAND, 2, .rw = COMMAND_RW, .set = 0x0507 },
	{ PCI_BRIDGE_CONTROL, 2, .rw = 0x0fff,
	  .set = PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_VGA },
	{ PORT_EXP + PCI_EXP_LNKCTL, 2, .rw = 0x01fb, .set = 0x0040 },
	{ PORT_EXP + PCI_EXP_SLTCTL, 2, .rw = 0x1fff, .set = 0x1038 },
	{}
};

static u32 get(const u8 *config, unsigned int pos, unsigned int size)
{
	u32 val = 0;

	memcpy(&val, config + pos, size);
	return le32_to_cpu((__force __le32)val);
}

static void put(u8 *config, unsigned int pos, unsigned int size, u32 val)
{
	__le32 bytes = cpu_to_le32(val);

	memcpy(config + pos, &bytes, size);
}

static u32 ones(unsigned int size)
{
	return GENMASK(size * 8 - 1, 0);
}

static struct fake_gpu *to_fake(struct gpupt_hw *hw)
{
	return container_of(hw, struct fake_gpu, hw);
}

#define BROKEN(fake, fmt, ...)								\
	do {										\
		struct fake_gpu *_fake = (fake);					\
											\
		if (_fake->broken_rules++ < 3)						\
			KUNIT_FAIL(_fake->test, "%s at %llu ms after '%s': " fmt,	\
				   _fake->context, _fake->now - _fake->started,		\
				   _fake->acts, ##__VA_ARGS__);				\
	} while (0)

__printf(2, 3)
static void act(struct fake_gpu *fake, const char *fmt, ...)
{
	size_t used = strlen(fake->acts);
	va_list args;

	if (used && used + 1 < sizeof(fake->acts))
		fake->acts[used++] = ' ';
	va_start(args, fmt);
	vsnprintf(fake->acts + used, sizeof(fake->acts) - used, fmt, args);
	va_end(args);
}

/* A row of BAR0 reads is one act. */
static bool ends_in_bar0(const char *acts)
{
	size_t len = strlen(acts);

	return len >= 4 && !strcmp(acts + len - 4, "bar0");
}

static bool is_present(struct fake_gpu *fake, unsigned int fn)
{
	return fn < GPUPT_FUNCTIONS && fake->card->fn[fn].bars;
}

static bool in_bus_reset(struct fake_gpu *fake)
{
	return get(fake->port, PCI_BRIDGE_CONTROL, 2) & PCI_BRIDGE_CTL_BUS_RESET;
}

static bool link_is_active(struct fake_gpu *fake)
{
	return fake->faults.sbr_none || (!in_bus_reset(fake) && fake->now >= fake->link_up_at);
}

/* Reads of the function are neither all-ones nor Configuration RRS. */
static bool answers(struct fake_gpu *fake, unsigned int fn)
{
	return link_is_active(fake) && !fake->fn[fn].is_dead && fake->now >= fake->fn[fn].ready_at;
}

static void fill_regs(u8 *config, const struct fake_reg *regs, bool reset)
{
	for (; regs->size; regs++)
		put(config, regs->pos, regs->size, reset ? regs->reset : regs->set);
}

static void fill(u8 *config, const struct fake_kind *kind, bool reset)
{
	memset(config, 0, FAKE_CONFIG_SIZE);
	fill_regs(config, common_regs, reset);
	fill_regs(config, kind->bars, reset);
	put(config, PCI_VENDOR_ID, 2, 0x10de);
	put(config, PCI_DEVICE_ID, 2, kind->device);
	put(config, PCI_CLASS_REVISION, 4, kind->class << 8 | 0xa1);
	put(config, PCI_HEADER_TYPE, 1, kind->header);
	put(config, EXP + PCI_EXP_DEVCAP, 4, 0x00008de1 | (kind->flr ? PCI_EXP_DEVCAP_FLR : 0));
}

static void store_regs(u8 *config, const struct fake_reg *regs, unsigned int pos,
		       unsigned int size, u32 val)
{
	for (; regs->size; regs++) {
		u32 old, new = 0, mask = 0;
		unsigned int i;

		for (i = 0; i < regs->size; i++) {
			unsigned int byte = regs->pos + i;

			if (byte < pos || byte >= pos + size)
				continue;
			mask |= 0xffU << (8 * i);
			new |= (val >> (8 * (byte - pos)) & 0xff) << (8 * i);
		}
		if (!mask)
			continue;
		old = get(config, regs->pos, regs->size);
		put(config, regs->pos, regs->size,
		    ((old & ~(regs->rw & mask)) | (new & regs->rw & mask)) &
		    ~(new & regs->w1c & mask));
	}
}

static void store(struct fake_gpu *fake, unsigned int fn, unsigned int pos, unsigned int size,
		  u32 val)
{
	store_regs(fake->fn[fn].config, common_regs, pos, size, val);
	store_regs(fake->fn[fn].config, fake->card->fn[fn].bars, pos, size, val);
}

static bool bars_stick(struct fake_gpu *fake, unsigned int fn)
{
	return fake->faults.bars_stick && fn == fake->hw.gpu &&
	       (fake->faults.bars_level == FAKE_POWER || !fake->sbr);
}

/* What a reset of @level does to a function, the time until it is ready apart. */
static void reset_function(struct fake_gpu *fake, unsigned int fn, enum fake_level level)
{
	struct fake_function *f = &fake->fn[fn];

	if (f->is_dead && f->dead > level)
		return;
	f->is_dead = false;
	fill(f->config, &fake->card->fn[fn], true);
	if (fn == fake->hw.gpu) {
		if (fake->hang && fake->faults.hang_level <= level)
			fake->hang = FAKE_ALIVE;
		if (fake->faults.wrong_id)
			put(f->config, PCI_DEVICE_ID, 2, 0x1234);
		fake->boot0_wrong = fake->faults.wrong_boot0;
		fake->boot0_reads = 0;
	}
}

static void set_ready(struct fake_gpu *fake, unsigned int fn, u64 at)
{
	fake->fn[fn].ready_at = at + fn * fake->faults.ready_stagger_ms;
	if (fn == fake->hw.gpu)
		fake->booted_at = fake->faults.boot_ms == FAKE_NEVER ? FAKE_NEVER :
				  fake->fn[fn].ready_at + fake->faults.boot_ms;
}

static void take_flr(struct fake_gpu *fake)
{
	unsigned int fn = fake->hw.gpu, other;

	act(fake, "flr");
	if (fake->faults.flr_none)
		return;
	fake->flr++;
	if (fake->fn[fn].quiet && get(fake->fn[fn].config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
		BROKEN(fake, "FLR with bus mastering on");
	reset_function(fake, fn, FAKE_FLR);
	fake->fn[fn].untouchable_until = fake->now + SETTLE_MS;
	set_ready(fake, fn, fake->now + fake->faults.flr_ready_ms);
	if (fake->faults.flr_never)
		fake->fn[fn].ready_at = FAKE_NEVER;
	if (fake->faults.flr_loses_sibling) {
		fake->fn[1].is_dead = true;
		fake->fn[1].dead = FAKE_SBR;
	}
	if (!fake->faults.flr_kills)
		return;
	for (other = 0; other < GPUPT_FUNCTIONS; other++) {
		fake->fn[other].is_dead = true;
		fake->fn[other].dead = FAKE_SBR;
	}
}

static void begin_bus_reset(struct fake_gpu *fake)
{
	unsigned int fn;

	act(fake, "sbr");
	fake->asserted_at = fake->now;
	fake->link_up_at = FAKE_NEVER;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_present(fake, fn) && answers(fake, fn) &&
		    get(fake->fn[fn].config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
			BROKEN(fake, "bus reset with bus mastering of function %u on", fn);
}

static void end_bus_reset(struct fake_gpu *fake)
{
	unsigned int fn;

	if (fake->now - fake->asserted_at < ASSERT_MS)
		BROKEN(fake, "bus reset for %llu ms only", fake->now - fake->asserted_at);
	if (fake->faults.sbr_none) {
		fake->link_up_at = 0;
		return;
	}
	fake->sbr++;
	fake->link_up_at = fake->faults.link_never ? FAKE_NEVER :
			   fake->now + fake->faults.link_ms;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!is_present(fake, fn))
			continue;
		reset_function(fake, fn, FAKE_SBR);
		if (fake->faults.link_never)
			continue;
		set_ready(fake, fn, fake->link_up_at + fake->faults.sbr_ready_ms);
		/* a port that does not report its link: from the end of the reset */
		fake->fn[fn].untouchable_until = SETTLE_MS +
			(fake->hw.port_link_report ? fake->link_up_at : fake->now);
	}
	if (fake->faults.lost_sibling) {
		fake->fn[1].is_dead = true;
		fake->fn[1].dead = FAKE_POWER;
	}
}

/* After every access: the rules that hold at any time. */
static void check_rules(struct fake_gpu *fake)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (fake->fn[fn].quiet &&
		    get(fake->fn[fn].config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
			BROKEN(fake, "function %u has bus mastering on", fn);
	KUNIT_ASSERT_LT_MSG(fake->test, fake->unslept, MOST_UNSLEPT,
			    "%s: %u accesses without a sleep", fake->context, fake->unslept);
}

/* Before every access of the card; at the chosen one, the card falls off the bus. */
static void note_access(struct fake_gpu *fake, unsigned int fn)
{
	unsigned int i;

	fake->accesses++;
	fake->unslept++;
	if (fake->accesses == fake->faults.lost_at) {
		fake->was_lost = true;
		fake->sbr_when_lost = fake->sbr;
		for (i = 0; i < GPUPT_FUNCTIONS; i++) {
			fake->fn[i].is_dead = true;
			fake->fn[i].dead = fake->faults.lost_level;
		}
	}
	if (in_bus_reset(fake))
		BROKEN(fake, "function %u touched during a bus reset", fn);
	else if (fake->now < fake->fn[fn].untouchable_until)
		BROKEN(fake, "function %u touched too soon after a reset", fn);
}

static void note_value(struct fake_gpu *fake, unsigned int fn, bool all_ones)
{
	fake->fn[fn].seen_ones = all_ones;
	fake->saw_loss |= fake->was_lost && all_ones;
}

static u32 fake_cfg_read(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			 unsigned int size)
{
	struct fake_gpu *fake = to_fake(hw);
	u32 val = ones(size);

	KUNIT_ASSERT_TRUE_MSG(fake->test, is_present(fake, fn), "no function %u", fn);
	KUNIT_ASSERT_LE(fake->test, pos + size, FAKE_CONFIG_SIZE);
	KUNIT_ASSERT_EQ(fake->test, pos % size, 0);
	note_access(fake, fn);
	if (answers(fake, fn))
		val = get(fake->fn[fn].config, pos, size);
	else if (link_is_active(fake) && !fake->fn[fn].is_dead && fake->faults.rrs &&
		 pos == PCI_VENDOR_ID && size >= 2)
		val = (ones(size) & ~0xffffU) | 0x0001;
	note_value(fake, fn, val == ones(size));
	check_rules(fake);
	return val;
}

static void fake_cfg_write(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			   unsigned int size, u32 val)
{
	struct fake_gpu *fake = to_fake(hw);
	struct fake_function *f = &fake->fn[fn];
	bool flr = pos == EXP + PCI_EXP_DEVCTL && val & PCI_EXP_DEVCTL_BCR_FLR;

	KUNIT_ASSERT_TRUE_MSG(fake->test, is_present(fake, fn), "no function %u", fn);
	KUNIT_ASSERT_LE(fake->test, pos + size, FAKE_CONFIG_SIZE);
	note_access(fake, fn);
	if (f->seen_ones && !flr)
		BROKEN(fake, "%x written to %x of function %u, which reads all-ones", val, pos, fn);
	if (fn != hw->gpu && !fake->held)
		BROKEN(fake, "function %u written while not held", fn);
	if (flr && fn != hw->gpu)
		BROKEN(fake, "FLR of function %u", fn);
	if (pos == PCI_COMMAND && val & PCI_COMMAND_MASTER)
		BROKEN(fake, "bus mastering of function %u switched on", fn);
	if (pos != PCI_COMMAND && !f->quiet && f->was_alive)
		BROKEN(fake, "function %u written before it was quiet", fn);
	if (answers(fake, fn)) {
		f->quiet = true;
		store(fake, fn, pos, size, val);
		if (flr && fake->card->fn[fn].flr)
			take_flr(fake);
	}
	check_rules(fake);
}

static u32 fake_port_read(struct gpupt_hw *hw, unsigned int pos, unsigned int size)
{
	struct fake_gpu *fake = to_fake(hw);

	fake->unslept++;
	KUNIT_ASSERT_LE(fake->test, pos + size, FAKE_CONFIG_SIZE);
	check_rules(fake);
	if (fake->faults.port_dead)
		return ones(size);
	put(fake->port, PORT_EXP + PCI_EXP_LNKSTA, 2,
	    0x1103 | (!fake->card->no_link_report && link_is_active(fake) ?
		      PCI_EXP_LNKSTA_DLLLA : 0));
	return get(fake->port, pos, size);
}

static void fake_port_write(struct gpupt_hw *hw, unsigned int pos, unsigned int size, u32 val)
{
	struct fake_gpu *fake = to_fake(hw);
	bool before = in_bus_reset(fake);

	fake->unslept++;
	if (!fake->held)
		BROKEN(fake, "port written while not held");
	if (fake->faults.port_dead) {
		BROKEN(fake, "%x written to %x of a port that reads all-ones", val, pos);
		return;
	}
	store_regs(fake->port, port_regs, pos, size, val);
	if (!before && in_bus_reset(fake))
		begin_bus_reset(fake);
	if (before && !in_bus_reset(fake))
		end_bus_reset(fake);
	check_rules(fake);
}

static u32 bar0_value(struct fake_gpu *fake, u32 reg)
{
	switch (fake->hang) {
	case FAKE_HANG_CONFIG:
	case FAKE_HANG_BAR:
		return ~0U;
	case FAKE_HANG_BADF:
		return PRI_ERROR_READ;
	case FAKE_HANG_ZERO:
		return 0;
	case FAKE_ALIVE:
		break;
	}
	switch (reg) {
	case GPUPT_PMC_BOOT_0:
		if (fake->faults.boot0_once && ++fake->boot0_reads > 1)
			fake->boot0_wrong = true;
		return fake->boot0_wrong ? OTHER_BOOT0 : fake->card->boot0;
	case GPUPT_GFW_PRIV_LEVEL:
		if (!fake->card->gfw)
			return PRI_ERROR_READ;
		return fake->now >= fake->booted_at ? 0xffffffcf : 0xffffff8e;
	case GPUPT_GFW_PROGRESS:
		if (!fake->card->gfw || fake->now < fake->booted_at)
			return PRI_ERROR_READ;
		return 0x000003ff;
	default:
		return 0;
	}
}

static u32 fake_bar0_read(struct gpupt_hw *hw, u32 reg)
{
	struct fake_gpu *fake = to_fake(hw);
	struct fake_function *f = &fake->fn[hw->gpu];
	u32 val = ~0U;

	KUNIT_ASSERT_LT(fake->test, reg, (u32)GPUPT_BAR0_WINDOW);
	KUNIT_ASSERT_EQ(fake->test, reg % 4, 0);
	note_access(fake, hw->gpu);
	if (f->seen_ones)
		BROKEN(fake, "BAR0 read of a card that reads all-ones");
	if (!answers(fake, hw->gpu))
		goto out;
	if (!(get(f->config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		BROKEN(fake, "BAR0 read without memory decoding");
	else if (get(f->config, PCI_BASE_ADDRESS_0, 4) != BAR0_ADDRESS)
		BROKEN(fake, "BAR0 read at %x", get(f->config, PCI_BASE_ADDRESS_0, 4));
	else
		val = bar0_value(fake, reg);
out:
	fake->saw_loss |= fake->was_lost && val == ~0U;
	if (!ends_in_bar0(fake->acts))
		act(fake, "bar0");
	check_rules(fake);
	return val;
}

static int fake_hold(struct gpupt_hw *hw)
{
	struct fake_gpu *fake = to_fake(hw);

	if (fake->held)
		BROKEN(fake, "held twice");
	act(fake, fake->faults.busy ? "busy" : "hold");
	if (fake->faults.busy)
		return -EBUSY;
	fake->held = true;
	return 0;
}

static void fake_release(struct gpupt_hw *hw)
{
	struct fake_gpu *fake = to_fake(hw);

	if (!fake->held)
		BROKEN(fake, "released, but not held");
	if (in_bus_reset(fake))
		BROKEN(fake, "released during a bus reset");
	act(fake, "release");
	fake->held = false;
}

static int fake_save(struct gpupt_hw *hw, unsigned int fn)
{
	struct fake_gpu *fake = to_fake(hw);
	struct fake_function *f = &fake->fn[fn];

	if (f->seen_ones)
		BROKEN(fake, "function %u, which reads all-ones, was saved", fn);
	if (fn != hw->gpu && !fake->held)
		BROKEN(fake, "function %u saved while not held", fn);
	if (++fake->saves == fake->faults.nomem_at) {
		act(fake, "nomem%u", fn);
		return -ENOMEM;
	}
	act(fake, "save%u", fn);
	/* a function that left meanwhile has nothing to save; the last good config stays */
	if (answers(fake, fn)) {
		memcpy(f->saved, f->config, sizeof(f->saved));
		f->is_saved = true;
	}
	return 0;
}

static int fake_restore(struct gpupt_hw *hw, unsigned int fn)
{
	struct fake_gpu *fake = to_fake(hw);
	struct fake_function *f = &fake->fn[fn];
	u8 from[FAKE_CONFIG_SIZE];
	unsigned int pos;
	u16 command;

	note_access(fake, fn);
	act(fake, "restore%u", fn);
	if (f->seen_ones)
		BROKEN(fake, "function %u, which reads all-ones, was restored", fn);
	if (fn != hw->gpu && !fake->held)
		BROKEN(fake, "function %u restored while not held", fn);
	if (!answers(fake, fn))
		return -EIO;
	f->quiet = true;

	if (f->is_saved)
		memcpy(from, f->saved, sizeof(from));
	else
		fill(from, &fake->card->fn[fn], false);
	command = get(from, PCI_COMMAND, 2) & ~PCI_COMMAND_MASTER;
	put(from, PCI_COMMAND, 2, 0);
	put(from, PCI_STATUS, 2, 0);
	put(from, EXP + PCI_EXP_DEVSTA, 2, 0);
	for (pos = 0; pos < FAKE_CONFIG_SIZE; pos += 4) {
		if (bars_stick(fake, fn) && pos >= PCI_BASE_ADDRESS_0 &&
		    pos <= PCI_BASE_ADDRESS_5)
			continue;
		store(fake, fn, pos, 4, get(from, pos, 4));
	}
	store(fake, fn, PCI_COMMAND, 2, command);
	check_rules(fake);
	return bars_stick(fake, fn) ? -EIO : 0;
}

static u64 fake_now_ms(struct gpupt_hw *hw)
{
	return to_fake(hw)->now;
}

static void fake_sleep_ms(struct gpupt_hw *hw, unsigned int ms)
{
	struct fake_gpu *fake = to_fake(hw);

	KUNIT_ASSERT_GT_MSG(fake->test, ms, 0U, "%s: a sleep of no length", fake->context);
	fake->now += ms;
	fake->unslept = 0;
	KUNIT_ASSERT_LE_MSG(fake->test, fake->now - fake->started, (u64)FAKE_LONGEST_MS,
			    "%s: still sleeping after '%s'", fake->context, fake->acts);
	check_rules(fake);
}

static const struct gpupt_hw_ops fake_ops = {
	.cfg_read = fake_cfg_read,
	.cfg_write = fake_cfg_write,
	.port_read = fake_port_read,
	.port_write = fake_port_write,
	.bar0_read = fake_bar0_read,
	.hold = fake_hold,
	.release = fake_release,
	.save = fake_save,
	.restore = fake_restore,
	.now_ms = fake_now_ms,
	.sleep_ms = fake_sleep_ms,
};

struct fake_gpu *fake_gpu_alloc(struct kunit *test)
{
	struct fake_gpu *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->test = test;
	return fake;
}

void fake_gpu_init(struct fake_gpu *fake, const struct fake_card *card,
		   const struct fake_faults *faults)
{
	struct kunit *test = fake->test;
	unsigned int fn;

	memset(fake, 0, sizeof(*fake));
	fake->test = test;
	fake->card = card;
	fake->faults = *faults;
	fake->hang = faults->hang;
	/* far from 0, so that a deadline that was never set is seen */
	fake->now = 1000000;
	fake->started = fake->now;
	fake->hw.ops = &fake_ops;
	fake->hw.port_exp = PORT_EXP;
	fake->hw.port_link_report = !card->no_link_report;
	fill_regs(fake->port, port_regs, false);
	memcpy(fake->port_at_start, fake->port, sizeof(fake->port));
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct fake_function *f = &fake->fn[fn];

		if (!is_present(fake, fn))
			continue;
		fill(f->config, &card->fn[fn], false);
		fake->hw.present |= BIT(fn);
		fake->hw.fn[fn].id = get(f->config, PCI_VENDOR_ID, 4);
		fake->hw.fn[fn].header = get(f->config, PCI_HEADER_TYPE, 1) & 0x7f;
		fake->hw.fn[fn].exp = EXP;
		f->is_dead = faults->hang == FAKE_HANG_CONFIG;
		f->dead = faults->hang_level;
		f->was_alive = !f->is_dead;
		if (faults->swapped)
			put(f->config, PCI_DEVICE_ID, 2, 0x1234);
		if (faults->never_drains)
			put(f->config, EXP + PCI_EXP_DEVSTA, 2, PCI_EXP_DEVSTA_TRPND);
	}
}

bool fake_gpu_is_alive(struct fake_gpu *fake)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_present(fake, fn) &&
		    (!answers(fake, fn) ||
		     get(fake->fn[fn].config, PCI_VENDOR_ID, 4) != fake->hw.fn[fn].id))
			return false;
	return !fake->hang && !fake->boot0_wrong &&
	       (!fake->card->gfw || fake->now >= fake->booted_at);
}

static void check_regs(struct fake_gpu *fake, unsigned int fn, const struct fake_reg *regs)
{
	for (; regs->size; regs++) {
		u32 is = get(fake->fn[fn].config, regs->pos, regs->size);

		if (regs->pos != PCI_COMMAND && (is & regs->rw) != (regs->set & regs->rw))
			BROKEN(fake, "register %x of function %u is %x, should be %x", regs->pos,
			       fn, is, regs->set);
	}
}

/* Every register as the kernel had set it, COMMAND without bus mastering. */
static void check_config(struct fake_gpu *fake, unsigned int fn)
{
	u16 command = get(fake->fn[fn].config, PCI_COMMAND, 2);

	check_regs(fake, fn, common_regs);
	if (command & PCI_COMMAND_MASTER && fake->fn[fn].quiet)
		BROKEN(fake, "function %u was left with bus mastering on", fn);
	if (bars_stick(fake, fn)) {
		if (command & PCI_COMMAND_MEMORY)
			BROKEN(fake, "function %u decodes at wrong BARs", fn);
		return;
	}
	check_regs(fake, fn, fake->card->fn[fn].bars);
	if ((command | PCI_COMMAND_MASTER) != COMMAND_SET)
		BROKEN(fake, "COMMAND of function %u is %04x", fn, command);
}

static void check_end(struct fake_gpu *fake, const struct gpupt_outcome *out)
{
	unsigned int fn;

	if (fake->held)
		BROKEN(fake, "still held");
	put(fake->port, PORT_EXP + PCI_EXP_LNKSTA, 2, 0);
	put(fake->port_at_start, PORT_EXP + PCI_EXP_LNKSTA, 2, 0);
	if (memcmp(fake->port, fake->port_at_start, sizeof(fake->port)))
		BROKEN(fake, "the port is not as before");
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		bool itself;

		if (!is_present(fake, fn) || !answers(fake, fn))
			continue;
		itself = get(fake->fn[fn].config, PCI_VENDOR_ID, 4) == fake->hw.fn[fn].id;
		if (itself)
			check_config(fake, fn);
	}
	if (out->ms != fake->now - fake->started)
		BROKEN(fake, "outcome says %u ms", out->ms);
	if (out->result) {
		if (out->boot0)
			BROKEN(fake, "a failed reset verified %08x", out->boot0);
		return;
	}
	/* nobody can know of a card that leaves with the very last write */
	if (!fake_gpu_is_alive(fake) && (!fake->was_lost || fake->saw_loss))
		BROKEN(fake, "success, but the card is dead");
	if (!fake->flr && !fake->sbr)
		BROKEN(fake, "success, but the card saw no reset");
	if (out->boot0 != fake->card->boot0)
		BROKEN(fake, "verified %08x", out->boot0);
}

static const char *result_name(int result)
{
	switch (result) {
	case 0:
		return "ok";
	case -EBUSY:
		return "EBUSY";
	case -EIO:
		return "EIO";
	case -ENODEV:
		return "ENODEV";
	case -ENOMEM:
		return "ENOMEM";
	case -ETIMEDOUT:
		return "ETIMEDOUT";
	default:
		return "?";
	}
}

static void note_begin(struct gpupt_hw *hw, unsigned int rung)
{
	act(to_fake(hw), "(%s", gpupt_rung_name(rung));
}

static void note_end(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms)
{
	struct fake_gpu *fake = to_fake(hw);

	act(fake, "%s)", result_name(result));
	if (ms > fake->now - fake->started)
		BROKEN(fake, "%s took %u ms", gpupt_rung_name(rung), ms);
}

int fake_gpu_run(struct fake_gpu *fake, const struct gpupt_model *model, const u8 *ladder,
		 u32 boot0, struct gpupt_outcome *out)
{
	static const struct gpupt_reset_observer observer = {
		.begin = note_begin,
		.end = note_end,
	};
	int ret;

	fake->started = fake->now;
	memset(out, 0x5a, sizeof(*out));
	ret = gpupt_reset_run(&fake->hw, model, ladder, boot0, &observer, out);
	if (out->result != ret)
		BROKEN(fake, "returned %d, outcome says %d", ret, out->result);
	check_end(fake, out);
	return ret;
}
