// SPDX-License-Identifier: GPL-2.0
/*
 * A card that records how it is touched; see fake_gpu.h.
 *
 * Express offsets, FLR bits, registers of BAR0 and the DVSEC of the B200 are
 * those of the real cards; offsets are written out, so that a slip in regs.h
 * shows.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "fake_gpu.h"
#include "gpupt/regs.h"

#define PM			0xc0
#define MSI			0xc8
#define PORT_EXP		0x40
#define CONFIG_HDA		0x488
#define CONFIG_HDA_ON		0x02000000
#define FIREWALL_UP		0x00100000
#define BAR0_ADDRESS		0xfb000000
/* PMC_BOOT_0 of a GM204, which is none of the cards here */
#define OTHER_BOOT0		0x124320a1
#define PRI_ERROR_READ		0xbadf1100
#define WPR2_UP			0x001ffe00
/* OGKM gpuWaitForGfwBootComplete_TU102 */
#define GFW_PRIV_LEVEL		0x118128
#define GFW_PROGRESS		0x118234

#define LANES			16
/* of the port and of every card: 8 GT/s */
#define SPEED			3
/* A link that is trained again is busy for this long. */
#define TRAIN_MS		15
/* To take the port and the other functions, or to release them; they may come back meanwhile. */
#define HOLD_MS			3

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
	{ PCI_CAPABILITY_LIST, 1, PM, .set = PM },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff, .set = 0x0b },
	{ PCI_INTERRUPT_PIN, 1, 1, .set = 1 },
	{ PM, 4, 0x00030001 | MSI << 8, .set = 0x00030001 | MSI << 8 },
	{ PM + 4, 2, PCI_PM_CTRL_NO_SOFT_RESET, .set = PCI_PM_CTRL_NO_SOFT_RESET },
	{ MSI, 4, 0x00800005, 0x00010000, .set = 0x00800005 },
	{}
};

/* The same of its PCI Express capability, from whose begin they count. */
static const struct fake_reg exp_regs[] = {
	{ 0, 4, 0x00020010, .set = 0x00020010 },
	/* payload 256, read request 512, no snoop, relaxed ordering, as firmware sets it */
	{ PCI_EXP_DEVCTL, 2, 0x2810, 0x7fff, .set = 0x2930 },
	{ PCI_EXP_DEVSTA, 2, 0, 0, DEVSTA_W1C },
	{ PCI_EXP_LNKCTL, 2, 0, 0x01fb, .set = 0x0140 },
	{ PCI_EXP_LNKSTA, 2, 0x1103, .set = 0x1103 },
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
	.exp = 0x78, .boot0 = 0x132000a1, .canary_reg = 0x15bc,
};

const struct fake_card fake_gtx1080 = {
	.fn = {
		{ 0x1b80, 0x030000, 0x80, .bars = gpu_bars },
		{ 0x10f0, 0x040300, 0x80, .bars = audio_bars },
	},
	.exp = 0x78, .boot0 = 0x134000a1, .canary_reg = 0x15bc, .hda = true,
};

const struct fake_card fake_rtx2080 = {
	.fn = {
		{ 0x1e87, 0x030000, 0x80, .flr = true, .bars = gpu_bars },
		{ 0x10f8, 0x040300, 0x80, .bars = audio_bars },
		{ 0x1ad8, 0x0c0330, 0x80, .bars = usb_bars },
		{ 0x1ad9, 0x0c8000, 0x80, .bars = ucsi_bars },
	},
	.exp = 0x78, .boot0 = 0x164000a1, .ready = GPUPT_READY_GFW, .wpr2_reg = 0x1fa828,
	.canary_reg = 0x1458, .hda = true, .no_link_report = true,
};

const struct fake_card fake_rtx3080 = {
	.fn = {
		{ 0x2206, 0x030000, 0x80, .flr = true, .bars = gpu_bars },
		{ 0x1aef, 0x040300, 0x80, .bars = audio_bars },
	},
	.exp = 0x78, .boot0 = 0xb72000a1, .ready = GPUPT_READY_GFW, .wpr2_reg = 0x1fa828,
	.canary_reg = 0x1458, .hda = true,
};

const struct fake_card fake_h100 = {
	.fn = {
		{ 0x2331, 0x030200, 0x00, .flr = true, .bars = gpu_bars },
	},
	.exp = 0x60, .boot0 = 0x180000a1, .ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.wpr2_reg = 0x1fa828, .canary_reg = 0x1458,
};

const struct fake_card fake_b200 = {
	.fn = {
		{ 0x2901, 0x030200, 0x00, .flr = true, .bars = gpu_bars },
	},
	.exp = 0x40, .boot0 = 0x1a0000a1, .ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.wpr2_reg = 0x88a828, .dvsec = 0xaf0,
};

/* where a GB202 has its DVSEC is not known */
const struct fake_card fake_rtx5090 = {
	.fn = {
		{ 0x2b85, 0x030000, 0x80, .flr = true, .bars = gpu_bars },
		{ 0x22e8, 0x040300, 0x80, .bars = audio_bars },
	},
	.exp = 0x60, .boot0 = 0x1b2000a1, .ready = GPUPT_READY_FSP, .fsp_reg = 0xad00bc,
	.wpr2_reg = 0x88a828, .dvsec = 0x4c0,
};

const struct fake_card fake_future = {
	.fn = {
		{ 0x3fff, 0x030000, 0x00, .flr = true, .bars = gpu_bars },
	},
	.exp = 0x60, .boot0 = 0x000001a1, .dvsec = 0x4c0,
};

/* The port: bridge control, link and slot control are what matters here. */
static const struct fake_reg port_regs[] = {
	{ PCI_VENDOR_ID, 4, .set = 0x34208086 },
	{ PCI_COMMAND, 2, .rw = COMMAND_RW, .set = 0x0507 },
	{ PCI_BRIDGE_CONTROL, 2, .rw = 0x0fff,
	  .set = PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_VGA },
	{ PORT_EXP + PCI_EXP_LNKCTL, 2, .rw = 0x01db, .set = 0x0040 },
	{ PORT_EXP + PCI_EXP_SLTCTL, 2, .rw = 0x1fff, .set = 0x1038 },
	{ PORT_EXP + PCI_EXP_LNKCTL2, 2, .rw = 0xffff, .set = 0x0180 | SPEED },
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
	if (fake->port_dead)
		return false;
	return fake->faults.sbr_none || (!in_bus_reset(fake) && fake->now >= fake->link_up_at);
}

/* Reads of the function are neither all-ones nor Configuration RRS. */
static bool answers(struct fake_gpu *fake, unsigned int fn)
{
	if (fn == 1 && fake->faults.hda && !fake->hda_on)
		return false;
	return link_is_active(fake) && !fake->fn[fn].is_dead && fake->now >= fake->fn[fn].ready_at;
}

static bool firewall_is_up(struct fake_gpu *fake)
{
	return fake->card->dvsec && (fake->firewall_stuck || fake->now < fake->firewall_until);
}

static void fill_regs(u8 *config, const struct fake_reg *regs, bool reset)
{
	for (; regs->size; regs++)
		put(config, regs->pos, regs->size, reset ? regs->reset : regs->set);
}

static void fill(u8 *config, const struct fake_card *card, unsigned int fn, bool reset)
{
	const struct fake_kind *kind = &card->fn[fn];

	memset(config, 0, FAKE_CONFIG_SIZE);
	fill_regs(config, common_regs, reset);
	fill_regs(config + card->exp, exp_regs, reset);
	fill_regs(config, kind->bars, reset);
	put(config, PCI_VENDOR_ID, 2, 0x10de);
	put(config, PCI_DEVICE_ID, 2, kind->device);
	put(config, PCI_CLASS_REVISION, 4, kind->class << 8 | 0xa1);
	put(config, PCI_HEADER_TYPE, 1, kind->header);
	put(config, card->exp + PCI_EXP_DEVCAP, 4,
	    0x00008de1 | (kind->flr ? PCI_EXP_DEVCAP_FLR : 0));
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
	u8 exp = fake->card->exp;

	store_regs(fake->fn[fn].config, common_regs, pos, size, val);
	if (pos >= exp)
		store_regs(fake->fn[fn].config + exp, exp_regs, pos - exp, size, val);
	store_regs(fake->fn[fn].config, fake->card->fn[fn].bars, pos, size, val);
}

static bool bars_stick(struct fake_gpu *fake, unsigned int fn)
{
	return fake->faults.bars_stick && fn == fake->hw.gpu &&
	       (fake->faults.bars_level == FAKE_POWER || !fake->sbr);
}

/* What a reset does to the registers of BAR0. */
static void reset_chip(struct fake_gpu *fake, enum fake_level level)
{
	const struct fake_faults *faults = &fake->faults;

	if (faults->hang_level <= level)
		fake->hang = FAKE_ALIVE;
	if (faults->boot_level <= level)
		fake->boot_stuck = false;
	if (faults->firewall_level <= level)
		fake->firewall_stuck = false;
	if (faults->wpr2_level <= level)
		fake->wpr2 = 0;
	if (!faults->chip_kept || faults->chip_level <= level)
		fake->canary = 0;
	fake->boot0_wrong = faults->wrong_boot0;
	fake->boot0_reads = 0;
}

/* What a reset of @level does to a function, the time until it is ready apart. */
static void reset_function(struct fake_gpu *fake, unsigned int fn, enum fake_level level)
{
	struct fake_function *f = &fake->fn[fn];
	u16 command = get(f->config, PCI_COMMAND, 2) | PCI_COMMAND_MEMORY;

	f->seen_itself = false;
	if (f->is_dead && f->dead > level)
		return;
	f->is_dead = false;
	f->was_alive = false;
	f->unrestored = true;
	fill(f->config, fake->card, fn, true);
	if (fake->faults.command_kept)
		put(f->config, PCI_COMMAND, 2, command);
	if (fn != fake->hw.gpu)
		return;
	reset_chip(fake, level);
	if (fake->faults.wrong_id)
		put(f->config, PCI_DEVICE_ID, 2, 0x1234);
}

static u64 after(u64 at, u64 ms)
{
	return ms == FAKE_NEVER ? FAKE_NEVER : at + ms;
}

static void set_ready(struct fake_gpu *fake, unsigned int fn, u64 at)
{
	fake->fn[fn].ready_at = at + (u64)fn * fake->faults.ready_stagger_ms;
	if (fn != fake->hw.gpu)
		return;
	fake->firewall_until = after(fake->fn[fn].ready_at, fake->faults.firewall_ms);
	fake->booted_at = fake->boot_stuck ? FAKE_NEVER :
			  after(fake->fn[fn].ready_at, fake->faults.boot_ms);
}

static void narrow_link(struct fake_gpu *fake)
{
	if (fake->faults.link_width)
		fake->link_width = fake->faults.link_width;
}

static void take_flr(struct fake_gpu *fake)
{
	unsigned int fn = fake->hw.gpu, other;

	act(fake, "flr");
	fake->before_reset = false;
	if (fake->faults.flr_none)
		return;
	fake->flr++;
	if (fake->fn[fn].quiet && get(fake->fn[fn].config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
		BROKEN(fake, "FLR with bus mastering on");
	reset_function(fake, fn, FAKE_FLR);
	narrow_link(fake);
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

static unsigned int target_speed(struct fake_gpu *fake)
{
	return get(fake->port, PORT_EXP + PCI_EXP_LNKCTL2, 2) & PCI_EXP_LNKCTL2_TLS;
}

/* Brings the link of a card that was reset up, if it can be. */
static void train_link(struct fake_gpu *fake)
{
	const struct fake_faults *faults = &fake->faults;
	unsigned int fn;

	if (faults->link_never || (faults->link_speed && target_speed(fake) > faults->link_speed))
		return;
	fake->link_up_at = fake->now + faults->link_ms;
	fake->link_speed = min_t(unsigned int, target_speed(fake), SPEED);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!is_present(fake, fn))
			continue;
		set_ready(fake, fn, fake->link_up_at + faults->sbr_ready_ms);
		/* a port that does not report its link: from the end of the reset */
		fake->fn[fn].untouchable_until = SETTLE_MS +
			(fake->hw.port_link_report ? fake->link_up_at : fake->now);
	}
}

static void begin_bus_reset(struct fake_gpu *fake)
{
	unsigned int fn;

	act(fake, "sbr");
	fake->before_reset = false;
	fake->asserted_at = fake->now;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_present(fake, fn) && answers(fake, fn) &&
		    get(fake->fn[fn].config, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
			BROKEN(fake, "bus reset with bus mastering of function %u on", fn);
	fake->scans = fake->faults.scans;
	fake->link_up_at = FAKE_NEVER;
}

static void end_bus_reset(struct fake_gpu *fake)
{
	u64 ms = fake->now - fake->asserted_at;
	unsigned int fn;

	if (ms < ASSERT_MS)
		BROKEN(fake, "bus reset for %llu ms only", ms);
	if (fake->faults.sbr_none || ms < fake->faults.sbr_min_ms) {
		fake->link_up_at = 0;
		return;
	}
	fake->sbr++;
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_present(fake, fn))
			reset_function(fake, fn, FAKE_SBR);
	fake->hda_on = false;
	narrow_link(fake);
	train_link(fake);
	if (fake->faults.lost_sibling) {
		fake->fn[1].is_dead = true;
		fake->fn[1].dead = FAKE_POWER;
	}
}

static void retrain(struct fake_gpu *fake)
{
	act(fake, "retrain");
	if (in_bus_reset(fake))
		BROKEN(fake, "link trained during a bus reset");
	if (!fake->faults.link_width_keep)
		fake->link_width = LANES;
	if (link_is_active(fake)) {
		fake->training_until = fake->now + TRAIN_MS;
		fake->link_speed = min_t(unsigned int, target_speed(fake), SPEED);
	} else if (fake->sbr) {
		train_link(fake);
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

/* Before every access of the card; at the chosen one, the card falls off the bus, or is another. */
static void note_access(struct fake_gpu *fake, unsigned int fn)
{
	unsigned int i;

	fake->accesses++;
	fake->unslept++;
	if (fake->accesses == fake->faults.lost_at) {
		fake->was_lost = true;
		fake->sbr_when_lost = fake->sbr;
		for (i = 0; i < GPUPT_FUNCTIONS; i++) {
			if (fake->faults.lost_to_another) {
				put(fake->fn[i].config, PCI_DEVICE_ID, 2, 0x1234);
				continue;
			}
			fake->fn[i].is_dead = true;
			fake->fn[i].dead = fake->faults.lost_level;
		}
	}
	/* a port that died may have lost the end of the reset */
	if (in_bus_reset(fake) && !fake->port_dead)
		BROKEN(fake, "function %u touched during a bus reset", fn);
	else if (link_is_active(fake) && fake->now < fake->fn[fn].untouchable_until)
		BROKEN(fake, "function %u touched too soon after a reset", fn);
}

static void note_value(struct fake_gpu *fake, unsigned int fn, unsigned int pos, u32 val,
		       bool all_ones)
{
	fake->fn[fn].seen_ones = all_ones;
	fake->saw_loss |= fake->was_lost && all_ones;
	if (pos == PCI_VENDOR_ID) {
		fake->fn[fn].seen_itself = val == fake->hw.fn[fn].id;
		fake->fn[fn].seen_another = !fake->fn[fn].seen_itself && !all_ones;
		fake->saw_loss |= fake->was_lost && fake->fn[fn].seen_another;
	}
}

/* Extended config space: single registers of the GPU function. */
static u32 extended_value(struct fake_gpu *fake, unsigned int fn, unsigned int pos,
			  unsigned int size)
{
	if (fn == fake->hw.gpu && size == 4) {
		if (fake->card->hda && pos == CONFIG_HDA)
			return fake->hda_on ? CONFIG_HDA_ON : 0;
		if (fake->card->dvsec && pos == fake->card->dvsec + 8)
			return firewall_is_up(fake) ? FIREWALL_UP : 0;
	}
	BROKEN(fake, "%x of function %u, which it does not have, was read", pos, fn);
	return 0;
}

static u32 fake_cfg_read(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			 unsigned int size)
{
	struct fake_gpu *fake = to_fake(hw);
	u32 val = ones(size);

	KUNIT_ASSERT_TRUE_MSG(fake->test, is_present(fake, fn), "no function %u", fn);
	KUNIT_ASSERT_EQ(fake->test, pos % size, 0);
	note_access(fake, fn);
	if (answers(fake, fn))
		val = pos < FAKE_CONFIG_SIZE ? get(fake->fn[fn].config, pos, size) :
		      extended_value(fake, fn, pos, size);
	else if (link_is_active(fake) && !fake->fn[fn].is_dead && fake->faults.rrs &&
		 pos == PCI_VENDOR_ID && size >= 2)
		val = (ones(size) & ~0xffffU) | 0x0001;
	note_value(fake, fn, pos, val, val == ones(size));
	check_rules(fake);
	return val;
}

static void fake_cfg_write(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			   unsigned int size, u32 val)
{
	struct fake_gpu *fake = to_fake(hw);
	bool flr = pos == fake->card->exp + PCI_EXP_DEVCTL && val & PCI_EXP_DEVCTL_BCR_FLR;
	struct fake_function *f = &fake->fn[fn];

	KUNIT_ASSERT_TRUE_MSG(fake->test, is_present(fake, fn), "no function %u", fn);
	note_access(fake, fn);
	if (f->seen_ones && !flr)
		BROKEN(fake, "%x written to %x of function %u, which reads all-ones", val, pos, fn);
	if (f->seen_another)
		BROKEN(fake, "%x written to %x of function %u, which is another's", val, pos, fn);
	if (fn != hw->gpu && !fake->held_whole)
		BROKEN(fake, "function %u written while not held", fn);
	if (flr && fn != hw->gpu)
		BROKEN(fake, "FLR of function %u", fn);
	if (pos == PCI_COMMAND && val & PCI_COMMAND_MASTER)
		BROKEN(fake, "bus mastering of function %u switched on", fn);
	if (pos != PCI_COMMAND && !f->quiet && f->was_alive)
		BROKEN(fake, "function %u written before it was quiet", fn);
	if (pos >= FAKE_CONFIG_SIZE) {
		if (!fake->card->hda || fn != hw->gpu || pos != CONFIG_HDA || size != 4)
			BROKEN(fake, "%x of function %u was written", pos, fn);
		else if (answers(fake, fn))
			fake->hda_on = val & CONFIG_HDA_ON;
	} else if (answers(fake, fn)) {
		f->quiet = true;
		store(fake, fn, pos, size, val);
		if (flr && fake->card->fn[fn].flr)
			take_flr(fake);
	}
	check_rules(fake);
}

/* Before every access of the port. */
static void note_port_access(struct fake_gpu *fake)
{
	fake->unslept++;
	if (++fake->port_accesses == fake->faults.port_lost_at)
		fake->port_dead = true;
}

static u16 link_status(struct fake_gpu *fake)
{
	u16 status = PCI_EXP_LNKSTA_SLC | fake->link_width << PCI_EXP_LNKSTA_NLW_SHIFT |
		     fake->link_speed;

	if (fake->now < fake->training_until)
		status |= PCI_EXP_LNKSTA_LT;
	if (!fake->card->no_link_report && link_is_active(fake))
		status |= PCI_EXP_LNKSTA_DLLLA;
	return status;
}

static u32 fake_port_read(struct gpupt_hw *hw, unsigned int pos, unsigned int size)
{
	struct fake_gpu *fake = to_fake(hw);

	note_port_access(fake);
	KUNIT_ASSERT_LE(fake->test, pos + size, FAKE_CONFIG_SIZE);
	check_rules(fake);
	if (fake->port_dead) {
		fake->port_ones_at = pos;
		return ones(size);
	}
	put(fake->port, PORT_EXP + PCI_EXP_LNKSTA, 2, link_status(fake));
	return get(fake->port, pos, size);
}

static void fake_port_write(struct gpupt_hw *hw, unsigned int pos, unsigned int size, u32 val)
{
	struct fake_gpu *fake = to_fake(hw);
	bool before = in_bus_reset(fake);
	unsigned int speed = target_speed(fake);

	note_port_access(fake);
	if (!fake->held)
		BROKEN(fake, "port written while not held");
	if (fake->port_ones_at == pos)
		BROKEN(fake, "%x written to %x of the port, which read all-ones", val, pos);
	if (fake->port_dead)
		return;
	store_regs(fake->port, port_regs, pos, size, val);
	if (target_speed(fake) != speed)
		act(fake, "speed%u", target_speed(fake));
	if (pos == PORT_EXP + PCI_EXP_LNKCTL && val & PCI_EXP_LNKCTL_RL)
		retrain(fake);
	if (!before && in_bus_reset(fake))
		begin_bus_reset(fake);
	if (before && !in_bus_reset(fake))
		end_bus_reset(fake);
	check_rules(fake);
}

static u32 boot0_value(struct fake_gpu *fake)
{
	if (fake->faults.boot0_once && ++fake->boot0_reads > 1)
		fake->boot0_wrong = true;
	return fake->boot0_wrong ? OTHER_BOOT0 : fake->card->boot0;
}

static u32 bar0_value(struct fake_gpu *fake, u32 reg)
{
	const struct fake_card *card = fake->card;
	bool booted = fake->now >= fake->booted_at;

	switch (fake->hang) {
	case FAKE_HANG_CONFIG:
	case FAKE_HANG_BAR:
		return ~0U;
	case FAKE_HANG_BADF:
		return PRI_ERROR_READ;
	case FAKE_HANG_ZERO:
		return 0;
	case FAKE_HANG_SEC:
		return 0xbadf0200;
	case FAKE_HANG_SEC_OLD:
		return 0xbad00200;
	case FAKE_ALIVE:
		break;
	}
	if (!reg)
		return boot0_value(fake);
	if (!booted && fake->faults.boot_ones)
		return ~0U;
	if (card->ready == GPUPT_READY_GFW && reg == GFW_PRIV_LEVEL)
		return booted ? 0xffffffcf : 0xffffff8e;
	if (card->ready == GPUPT_READY_GFW && reg == GFW_PROGRESS)
		return booted ? 0x000003ff : PRI_ERROR_READ;
	if (card->ready == GPUPT_READY_FSP && reg == card->fsp_reg)
		return booted ? 0x000000ff : 0x00000007;
	if (card->canary_reg && reg == card->canary_reg)
		return fake->faults.no_scratch ? PRI_ERROR_READ : fake->canary;
	if (card->wpr2_reg && reg == card->wpr2_reg) {
		if (!booted)
			BROKEN(fake, "WPR2 read before the firmware has booted");
		return fake->wpr2;
	}
	BROKEN(fake, "BAR0 register %x, which it does not have, was read", reg);
	return 0;
}

/* Return: false when nothing comes of an access to BAR0. */
static bool note_bar0_access(struct fake_gpu *fake, u32 reg)
{
	struct fake_function *f = &fake->fn[fake->hw.gpu];
	u16 command = get(f->config, PCI_COMMAND, 2);

	KUNIT_ASSERT_LT(fake->test, reg, (u32)GPUPT_BAR0_WINDOW);
	KUNIT_ASSERT_EQ(fake->test, reg % 4, 0);
	note_access(fake, fake->hw.gpu);
	if (f->seen_ones)
		BROKEN(fake, "BAR0 of a card that reads all-ones");
	if (!f->seen_itself)
		BROKEN(fake, "BAR0 of a card that was not seen as itself");
	if (fake->hw.port_link_report && fake->now < fake->training_until)
		BROKEN(fake, "BAR0 while the link is trained");
	if (!answers(fake, fake->hw.gpu)) {
		/* nobody can know of a card that left since it was last seen */
		if (!fake->was_lost)
			BROKEN(fake, "BAR0 of a card that does not answer");
		return false;
	}
	if (firewall_is_up(fake)) {
		if (!fake->faults.no_dvsec)
			BROKEN(fake, "BAR0 behind a firewall");
		return false;
	}
	if (!(command & PCI_COMMAND_MEMORY)) {
		BROKEN(fake, "BAR0 without memory decoding");
		return false;
	}
	if (get(f->config, PCI_BASE_ADDRESS_0, 4) != BAR0_ADDRESS) {
		BROKEN(fake, "BAR0 at %x", get(f->config, PCI_BASE_ADDRESS_0, 4));
		return false;
	}
	return true;
}

static u32 fake_bar0_read(struct gpupt_hw *hw, u32 reg)
{
	struct fake_gpu *fake = to_fake(hw);
	u32 val = ~0U;

	if (note_bar0_access(fake, reg))
		val = bar0_value(fake, reg);
	fake->saw_loss |= fake->was_lost && val == ~0U;
	/* before a rung's reset, to see whether a mark can be left, and whether it was */
	if (!fake->before_reset && !ends_in_bar0(fake->acts))
		act(fake, "bar0");
	check_rules(fake);
	return val;
}

static void fake_bar0_write(struct gpupt_hw *hw, u32 reg, u32 val)
{
	struct fake_gpu *fake = to_fake(hw);

	act(fake, "mark");
	if (!fake->card->canary_reg || reg != fake->card->canary_reg)
		BROKEN(fake, "BAR0 register %x written", reg);
	else if (note_bar0_access(fake, reg) && !fake->hang && !fake->faults.no_scratch)
		fake->canary = val;
	check_rules(fake);
}

static unsigned int fake_dvsec(struct gpupt_hw *hw)
{
	struct fake_gpu *fake = to_fake(hw);

	note_access(fake, hw->gpu);
	if (fake->fn[hw->gpu].seen_ones)
		BROKEN(fake, "capabilities of a card that reads all-ones");
	if (!answers(fake, hw->gpu) || fake->faults.no_dvsec)
		return 0;
	return fake->card->dvsec;
}

static int fake_hold(struct gpupt_hw *hw, bool whole)
{
	struct fake_gpu *fake = to_fake(hw);

	if (fake->held)
		BROKEN(fake, "held twice");
	if (fake->faults.port_busy || (whole && fake->faults.busy)) {
		act(fake, whole ? "busy" : "port-busy");
		return -EBUSY;
	}
	act(fake, whole ? "hold" : "hold-port");
	fake->now += HOLD_MS;
	fake->held = true;
	fake->held_whole = whole;
	return 0;
}

static void fake_release(struct gpupt_hw *hw)
{
	struct fake_gpu *fake = to_fake(hw);

	if (!fake->held)
		BROKEN(fake, "released, but not held");
	if (in_bus_reset(fake) && !fake->port_dead)
		BROKEN(fake, "released during a bus reset");
	act(fake, "release");
	fake->now += HOLD_MS;
	fake->held = false;
	fake->held_whole = false;
}

static bool has_own_bars(struct fake_gpu *fake, unsigned int fn)
{
	const struct fake_reg *bar;

	for (bar = fake->card->fn[fn].bars; bar->size; bar++)
		if (get(fake->fn[fn].config, bar->pos, bar->size) != bar->set)
			return false;
	return true;
}

static int fake_save(struct gpupt_hw *hw, unsigned int fn)
{
	struct fake_gpu *fake = to_fake(hw);
	struct fake_function *f = &fake->fn[fn];

	if (f->seen_ones)
		BROKEN(fake, "function %u, which reads all-ones, was saved", fn);
	if (fn != hw->gpu && !fake->held_whole)
		BROKEN(fake, "function %u saved while not held", fn);
	/* the last good config stays */
	if (!answers(fake, fn))
		return -ENODEV;
	if (!has_own_bars(fake, fn)) {
		act(fake, "moved%u", fn);
		return -EIO;
	}
	if (++fake->saves == fake->faults.nomem_at) {
		act(fake, "nomem%u", fn);
		return -ENOMEM;
	}
	act(fake, "save%u", fn);
	memcpy(f->saved, f->config, sizeof(f->saved));
	f->is_saved = true;
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
	if (fn != hw->gpu && !fake->held_whole)
		BROKEN(fake, "function %u restored while not held", fn);
	if (!answers(fake, fn))
		return -EIO;
	f->quiet = true;
	f->unrestored = false;

	if (f->is_saved)
		memcpy(from, f->saved, sizeof(from));
	else
		fill(from, fake->card, fn, false);
	command = get(from, PCI_COMMAND, 2) & ~PCI_COMMAND_MASTER;
	put(from, PCI_COMMAND, 2, 0);
	put(from, PCI_STATUS, 2, 0);
	put(from, fake->card->exp + PCI_EXP_DEVSTA, 2, 0);
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

static void end_scan(struct fake_gpu *fake)
{
	u16 ctl = get(fake->port, PCI_BRIDGE_CONTROL, 2);

	if (!fake->scans || ctl & PCI_BRIDGE_CTL_BUS_RESET)
		return;
	act(fake, "scan%u", fake->scans--);
	fake->asserted_at = fake->now;
	fake->link_up_at = FAKE_NEVER;
	put(fake->port, PCI_BRIDGE_CONTROL, 2, ctl | PCI_BRIDGE_CTL_BUS_RESET);
}

static void fake_sleep_ms(struct gpupt_hw *hw, unsigned int ms)
{
	struct fake_gpu *fake = to_fake(hw);

	KUNIT_ASSERT_GT_MSG(fake->test, ms, 0U, "%s: a sleep of no length", fake->context);
	fake->now += ms;
	fake->unslept = 0;
	end_scan(fake);
	KUNIT_ASSERT_LE_MSG(fake->test, fake->now - fake->started,
			    (u64)fake->budget_ms + FAKE_OVERRUN_MS,
			    "%s: still sleeping after '%s'", fake->context, fake->acts);
	check_rules(fake);
}

static bool fake_own_bars(struct gpupt_hw *hw, unsigned int fn)
{
	struct fake_gpu *fake = to_fake(hw);

	note_access(fake, fn);
	fake->saw_loss |= fake->was_lost && !answers(fake, fn);
	return answers(fake, fn) && has_own_bars(fake, fn);
}

static void fake_port_exp_modify(struct gpupt_hw *hw, unsigned int reg, u16 clear, u16 set)
{
	u16 val = fake_port_read(hw, PORT_EXP + reg, 2);

	/* as the kernel's accessor, which reads and writes once each */
	if (val != 0xffff)
		fake_port_write(hw, PORT_EXP + reg, 2, (val & ~clear) | set);
}

static const struct gpupt_hw_ops fake_ops = {
	.cfg_read = fake_cfg_read,
	.cfg_write = fake_cfg_write,
	.port_read = fake_port_read,
	.port_write = fake_port_write,
	.port_exp_modify = fake_port_exp_modify,
	.bar0_read = fake_bar0_read,
	.bar0_write = fake_bar0_write,
	.dvsec = fake_dvsec,
	.hold = fake_hold,
	.release = fake_release,
	.save = fake_save,
	.own_bars = fake_own_bars,
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
	fake->budget_ms = FAKE_BUDGET_MS;
	fake->trusted = faults->untrusted ? 0 : FAKE_TRUSTED;
	fake->hang = faults->hang;
	fake->boot_stuck = faults->boot_stuck;
	fake->booted_at = faults->boot_stuck ? FAKE_NEVER : 0;
	fake->firewall_stuck = faults->firewall;
	fake->wpr2 = faults->wpr2 ? WPR2_UP : 0;
	fake->hda_on = card->hda;
	fake->port_dead = faults->port_dead;
	fake->link_up_at = faults->link_down ? FAKE_NEVER : 0;
	fake->link_width = LANES;
	fake->link_speed = SPEED;
	/* far from 0, so that a deadline that was never set is seen */
	fake->now = 1000000;
	fake->started = fake->now;
	fake->hw.ops = &fake_ops;
	fake->hw.port_exp = PORT_EXP;
	fake->hw.port_link_report = !card->no_link_report;
	fake->hw.link = 0x1103 | (card->no_link_report ? 0 : PCI_EXP_LNKSTA_DLLLA);
	fake->hw.hda = card->hda;
	fill_regs(fake->port, port_regs, false);
	memcpy(fake->port_at_start, fake->port, sizeof(fake->port));
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct fake_function *f = &fake->fn[fn];

		if (!is_present(fake, fn))
			continue;
		fill(f->config, card, fn, false);
		fake->hw.present |= BIT(fn);
		fake->hw.fn[fn].id = get(f->config, PCI_VENDOR_ID, 4);
		fake->hw.fn[fn].header = get(f->config, PCI_HEADER_TYPE, 1) & 0x7f;
		fake->hw.fn[fn].exp = card->exp;
		f->is_dead = faults->hang == FAKE_HANG_CONFIG;
		f->dead = faults->hang_level;
		f->was_alive = !f->is_dead && !faults->link_down;
		if (faults->swapped)
			put(f->config, PCI_DEVICE_ID, 2, 0x1234);
		if (faults->never_drains)
			put(f->config, card->exp + PCI_EXP_DEVSTA, 2, PCI_EXP_DEVSTA_TRPND);
		if (faults->sibling_lost_bars && fn != fake->hw.gpu)
			fill_regs(f->config, card->fn[fn].bars, true);
		if (faults->bars_moved && fn == fake->hw.gpu)
			put(f->config, PCI_BASE_ADDRESS_0, 4, BAR0_ADDRESS + 0x01000000);
	}
}

/* PMC_BOOT_0 can be read, and is right. */
static bool has_registers(struct fake_gpu *fake)
{
	return answers(fake, fake->hw.gpu) && !fake->hang && !fake->boot0_wrong &&
	       !firewall_is_up(fake);
}

bool fake_gpu_is_alive(struct fake_gpu *fake)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (is_present(fake, fn) &&
		    (!answers(fake, fn) ||
		     get(fake->fn[fn].config, PCI_VENDOR_ID, 4) != fake->hw.fn[fn].id))
			return false;
	return has_registers(fake);
}

u8 fake_gpu_signs_against(struct fake_gpu *fake)
{
	u8 signs = 0;

	if (fake->card->ready != GPUPT_READY_BOOT0 && fake->now < fake->booted_at)
		return GPUPT_SIGN_BOOT;
	if (fake->wpr2)
		signs |= GPUPT_SIGN_WPR2;
	if (fake->canary)
		signs |= GPUPT_SIGN_MARK;
	return signs;
}

static void check_regs(struct fake_gpu *fake, unsigned int fn, unsigned int base,
		       const struct fake_reg *regs)
{
	for (; regs->size; regs++) {
		u32 is = get(fake->fn[fn].config + base, regs->pos, regs->size);

		if (regs->pos != PCI_COMMAND && (is & regs->rw) != (regs->set & regs->rw))
			BROKEN(fake, "register %x of function %u is %x, should be %x",
			       base + regs->pos, fn, is, regs->set);
	}
}

/* Every register as the kernel had set it, COMMAND without bus mastering. */
static void check_config(struct fake_gpu *fake, unsigned int fn, const struct gpupt_outcome *out)
{
	u16 command = get(fake->fn[fn].config, PCI_COMMAND, 2);
	bool moved = (fn == fake->hw.gpu && fake->faults.bars_moved && !fake->flr && !fake->sbr) ||
		     (fn != fake->hw.gpu && fake->faults.sibling_lost_bars && !fake->sbr);

	/* came back when the engine had given it up */
	if (out->result && fake->fn[fn].unrestored) {
		if (command & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER))
			BROKEN(fake, "function %u, not restored, has COMMAND %04x", fn, command);
		return;
	}
	check_regs(fake, fn, 0, common_regs);
	check_regs(fake, fn, fake->card->exp, exp_regs);
	if (command & PCI_COMMAND_MASTER && fake->fn[fn].quiet)
		BROKEN(fake, "function %u was left with bus mastering on", fn);
	if (bars_stick(fake, fn)) {
		if (command & PCI_COMMAND_MEMORY)
			BROKEN(fake, "function %u decodes at wrong BARs", fn);
		return;
	}
	if (!moved)
		check_regs(fake, fn, 0, fake->card->fn[fn].bars);
	if ((command | PCI_COMMAND_MASTER) != COMMAND_SET)
		BROKEN(fake, "COMMAND of function %u is %04x", fn, command);
}

/* As before, but for a target speed that was lowered because that brought the link up. */
static void check_port(struct fake_gpu *fake)
{
	unsigned int pos = PORT_EXP + PCI_EXP_LNKCTL2;

	if (fake->port_dead)
		return;
	put(fake->port, PORT_EXP + PCI_EXP_LNKSTA, 2, 0);
	if (fake->faults.link_speed && link_is_active(fake) && target_speed(fake) < SPEED) {
		if (target_speed(fake) != fake->faults.link_speed)
			BROKEN(fake, "target speed %u is lower than need be", target_speed(fake));
		put(fake->port_at_start, pos, 1, get(fake->port, pos, 1));
	}
	if (memcmp(fake->port, fake->port_at_start, sizeof(fake->port)))
		BROKEN(fake, "the port is not as before");
}

static void check_end(struct fake_gpu *fake, const struct gpupt_outcome *out)
{
	unsigned int fn;
	u8 against;

	if (fake->held)
		BROKEN(fake, "still held");
	check_port(fake);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		bool itself;

		if (!is_present(fake, fn) || !answers(fake, fn))
			continue;
		itself = get(fake->fn[fn].config, PCI_VENDOR_ID, 4) == fake->hw.fn[fn].id;
		if (itself)
			check_config(fake, fn, out);
	}
	if (out->ms != fake->now - fake->started)
		BROKEN(fake, "outcome says %u ms", out->ms);
	if (out->registers && !has_registers(fake) && (!fake->was_lost || fake->saw_loss))
		BROKEN(fake, "registers are said to be right");
	if (out->result) {
		if (out->boot0)
			BROKEN(fake, "a failed reset verified %08x", out->boot0);
		return;
	}
	/* nobody can know of a card that leaves with the very last write */
	if (!fake_gpu_is_alive(fake) && (!fake->was_lost || fake->saw_loss))
		BROKEN(fake, "success, but the card is dead");
	against = fake->config_only || fake->was_lost ? 0 : fake_gpu_signs_against(fake);
	if (against & fake->trusted & ~out->unread)
		BROKEN(fake, "success, but against it are the signs %x", against);
	if (against & ~(out->missed | out->unread))
		BROKEN(fake, "of the signs %x nothing is said", against);
	if (out->boot0 != (fake->config_only ? 0 : fake->card->boot0))
		BROKEN(fake, "verified %08x", out->boot0);
	if (out->sec_fault)
		BROKEN(fake, "success, but a security fault");
}

/* What a success of a reset is, besides that of looking at the card. */
static void check_reset(struct fake_gpu *fake)
{
	if (!fake->flr && !fake->sbr)
		BROKEN(fake, "success, but the card saw no reset");
	if (fake->hw.hda && !fake->hda_on)
		BROKEN(fake, "success, but the audio function is switched off");
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
	struct fake_gpu *fake = to_fake(hw);

	act(fake, "(%s", gpupt_rung_name(rung));
	fake->before_reset = true;
}

static void note_end(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms)
{
	struct fake_gpu *fake = to_fake(hw);

	act(fake, "%s)", result_name(result));
	fake->before_reset = false;
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
	struct gpupt_reset_request request = {
		.model = model, .ladder = ladder, .boot0 = boot0,
		.budget_ms = fake->budget_ms, .observer = &observer,
		.trusted = fake->trusted, .trusted_flr = fake->trusted, .shared = fake->shared,
		.vain = fake->vain, .mark = FAKE_MARK,
		.config_only = fake->config_only, .content = fake->content,
		.content_flr = fake->content_flr,
	};
	int ret;

	fake->started = fake->now;
	memset(out, 0x5a, sizeof(*out));
	ret = gpupt_reset_run(&fake->hw, &request, out);
	if (out->result != ret)
		BROKEN(fake, "returned %d, outcome says %d", ret, out->result);
	check_end(fake, out);
	if (!ret)
		check_reset(fake);
	return ret;
}

int fake_gpu_verify(struct fake_gpu *fake, const struct gpupt_model *model, u32 boot0,
		    struct gpupt_outcome *out)
{
	struct gpupt_reset_request request = {
		.model = model, .boot0 = boot0, .budget_ms = fake->budget_ms,
		.trusted = fake->trusted, .vain = fake->vain, .config_only = fake->config_only,
	};
	int ret;

	fake->started = fake->now;
	memset(out, 0x5a, sizeof(*out));
	ret = gpupt_reset_verify(&fake->hw, &request, out);
	if (out->result != ret)
		BROKEN(fake, "returned %d, outcome says %d", ret, out->result);
	if (fake->flr || fake->sbr)
		BROKEN(fake, "reset while it was only to be looked at");
	check_end(fake, out);
	return ret;
}
