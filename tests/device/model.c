// SPDX-License-Identifier: GPL-2.0
/*
 * Behaviour of the emulated cards. See model.h for the frame and README.md
 * for the register map, its sources and what is left out.
 */
#include "model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)
#define NEVER_US	UINT64_MAX

#define PCI_COMMAND		0x04
#define  COMMAND_IO		0x0001
#define  COMMAND_MEMORY		0x0002
#define PCI_BAR0		0x10
#define PCI_ROM			0x30
#define  ROM_ENABLE		0x0001
#define PM_CONTROL		0x64
#define  PM_STATE		0x0003
#define DEVICE_CAP		0x7c
#define  DEVICE_CAP_FLR		(1u << 28)
#define DEVICE_CONTROL		0x80
#define  DEVICE_CONTROL_FLR	(1u << 15)

#define GFW_BOOT_PLM		0x118128
#define GFW_BOOT_PROGRESS	0x118234
#define CONFIG_MIRROR		0x088000
#define CONFIG_MIRROR_STEP	0x002000	/* function 1 is at 0x8a000 */

/* One of the patterns that reads of a broken priv ring give. */
#define PRI_ERROR		0xbadf1100u

#define DEFAULT_READY_MS	20
/* Measured on an AD104 by tinygrad (#17041). */
#define DEFAULT_BOOT_MS		233
#define LIMIT_MS		3600000

/*
 * Rows shared by all functions. COMMAND: I/O, memory, bus master, parity,
 * SERR and INTx disable can be set. PM: version 3, NoSoftRst+, hence no PM
 * reset. MSI: one vector, 64 bit. The link partner is an 8 GT/s x16 port.
 */
#define ROW_COMMAND	{ 0x04, 0x00100000, 0x00000547, 0xf9000000, 0 }
#define ROW_CACHE_LINE(header) \
			{ 0x0c, (header) << 16, 0x000000ff, 0, 0 }
#define ROW_CAP_POINTER	{ 0x34, 0x00000060, 0, 0, 0 }
#define ROW_INTERRUPT(pin) \
			{ 0x3c, (pin) << 8, 0x000000ff, 0, 0 }
#define ROW_PM_CONTROL	{ PM_CONTROL, 0x00000008, PM_STATE, 0, 0 }
#define ROW_PM_CONTROL_PME \
			{ PM_CONTROL, 0x00000008, PM_STATE | 0x100, 0x8000, 0 }
#define ROWS_MSI	{ 0x68, 0x00807805, 0x00010000, 0, 0 }, \
			{ 0x6c, 0, 0xfffffffc, 0, 0 }, \
			{ 0x70, 0, 0xffffffff, 0, 0 }, \
			{ 0x74, 0, 0x0000ffff, 0, 0 }
/* MPS, link control and the target speed are not touched by an FLR. */
#define ROWS_EXPRESS(header, device_cap, link_cap, speeds) \
			{ 0x78, (header), 0, 0, 0 }, \
			{ DEVICE_CAP, (device_cap), 0, 0, 0 }, \
			{ DEVICE_CONTROL, 0x00002910, 0x000079ff, 0x000f0000, 0x000000e0 }, \
			{ 0x84, (link_cap), 0, 0, 0 }, \
			{ 0x88, 0x11030000, 0x000001cb, 0, 0x000001cb }, \
			{ 0x9c, 0x00040013, 0, 0, 0 }, \
			{ 0xa0, 0, 0x0000001f, 0, 0 }, \
			{ 0xa4, (speeds), 0, 0, 0 }, \
			{ 0xa8, 0x001e0000 | ((link_cap) & 0xf), 0x0000000f, 0, 0x0000000f }
#define ROWS_AER(base, next) \
			{ (base), 0x00020001 | (uint32_t)(next) << 20, 0, 0, 0 }, \
			{ (base) + 0x04, 0, 0, 0x017ff030, 0x017ff030 }, \
			{ (base) + 0x08, 0, 0x017ff030, 0, 0x017ff030 }, \
			{ (base) + 0x0c, 0x00462030, 0x017ff030, 0, 0x017ff030 }, \
			{ (base) + 0x10, 0, 0, 0x0000f1c1, 0x0000f1c1 }, \
			{ (base) + 0x14, 0x00002000, 0x0000f1c1, 0, 0x0000f1c1 }
/* Virtual channel, power budgeting, AER, vendor specific. */
#define ROWS_GPU_EXTENDED \
			{ 0x100, 0x12810002, 0, 0, 0 }, \
			{ 0x114, 0x800000ff, 0x000000fe, 0, 0 }, \
			{ 0x128, 0x42010004, 0, 0, 0 }, \
			{ 0x12c, 0, 0x000000ff, 0, 0 }, \
			ROWS_AER(0x420, 0x600), \
			{ 0x600, 0x9001000b, 0, 0, 0 }, \
			{ 0x604, 0x02410001, 0, 0, 0 }
/* Bit 25 of 0x488 turns the audio function on (Linux: quirk_nvidia_hda). */
#define ROW_HDA_ENABLE	{ 0x488, 0, 1u << 25, 0, 0 }

static const struct config_row p40_rows[] = {
	{ 0x00, 0x1b3810de, 0, 0, 0 },
	ROW_COMMAND,
	{ 0x08, 0x030200a1, 0, 0, 0 },
	ROW_CACHE_LINE(0x00),
	{ 0x2c, 0x11d910de, 0, 0, 0 },
	ROW_CAP_POINTER,
	ROW_INTERRUPT(1),
	{ 0x60, 0x00036801, 0, 0, 0 },
	ROW_PM_CONTROL,
	ROWS_MSI,
	ROWS_EXPRESS(0x00020010, 0x00008de1, 0x00453d03, 0x0e),
	ROWS_GPU_EXTENDED,
	ROW_HDA_ENABLE,
	{ 0x900, 0x00010019, 0, 0, 0 },
	{ 0x904, 0, 0x00000003, 0, 0 },
	{ 0x908, 0, 0, 0x0000ffff, 0 },
	{ 0 },
};

static const struct config_row rtx3080_gpu_rows[] = {
	{ 0x00, 0x220610de, 0, 0, 0 },
	ROW_COMMAND,
	{ 0x08, 0x030000a1, 0, 0, 0 },
	ROW_CACHE_LINE(0x80),
	{ 0x2c, 0x146710de, 0, 0, 0 },
	ROW_CAP_POINTER,
	ROW_INTERRUPT(1),
	{ 0x60, 0x48036801, 0, 0, 0 },
	ROW_PM_CONTROL_PME,
	ROWS_MSI,
	ROWS_EXPRESS(0x0012b410, 0x00008de1 | DEVICE_CAP_FLR, 0x00453d04, 0x1e),
	{ 0xb4, 0x00140009, 0, 0, 0 },
	ROWS_GPU_EXTENDED,
	ROW_HDA_ENABLE,
	{ 0x900, 0xc1c10019, 0, 0, 0 },
	{ 0x904, 0, 0x00000003, 0, 0 },
	{ 0x908, 0, 0, 0x0000ffff, 0 },
	{ 0xc1c, 0xd0010026, 0, 0, 0 },
	{ 0xd00, 0xe0010027, 0, 0, 0 },
	{ 0xe00, 0x00010025, 0, 0, 0 },
	{ 0xe04, 0x80000001, 0, 0, 0 },
	/* Scratch that a bus reset clears and an FLR keeps (BAR0 0x88e10). */
	{ 0xe10, 0, 0xffffffff, 0, 0xffffffff },
	{ 0 },
};

static const struct config_row rtx3080_audio_rows[] = {
	{ 0x00, 0x1aef10de, 0, 0, 0 },
	ROW_COMMAND,
	{ 0x08, 0x040300a1, 0, 0, 0 },
	ROW_CACHE_LINE(0x80),
	{ 0x2c, 0x146710de, 0, 0, 0 },
	ROW_CAP_POINTER,
	ROW_INTERRUPT(2),
	{ 0x60, 0x48036801, 0, 0, 0 },
	ROW_PM_CONTROL_PME,
	ROWS_MSI,
	ROWS_EXPRESS(0x00020010, 0x00008de1, 0x00453d04, 0x1e),
	ROWS_AER(0x100, 0x160),
	{ 0x160, 0x00010025, 0, 0, 0 },
	{ 0x164, 0x80000001, 0, 0, 0 },
	{ 0 },
};

static const struct register_row pascal_registers[] = {
	{ 0x000000, 0x132000a1, 0, 0 },			/* PMC_BOOT_0 */
	{ 0x000a00, 0x132a1000, 0, 0 },			/* PMC_BOOT_42 */
	{ 0x000200, 0, 0xffffffff, 0 },			/* PMC_ENABLE */
	{ 0x0015bc, 0, 0xffffffff, 0 },			/* scratch 15 */
	{ 0x02240c, 0, 0x00000002, 0x00000002 },	/* POSTed */
	{ 0 },
};

static const struct register_row ampere_registers[] = {
	{ 0x000000, 0xb72000a1, 0, 0 },			/* PMC_BOOT_0 */
	{ 0x000a00, 0x172a1000, 0, 0 },			/* PMC_BOOT_42 */
	{ 0x000200, 0, 0xffffffff, 0 },			/* PMC_ENABLE */
	{ 0x001458, 0, 0xffffffff, 0 },			/* scratch 22 */
	{ 0x1fa828, 0, 0, 0 },				/* WPR2 */
	{ 0 },
};

static const struct card_model models[] = {
	{
		.name = "p40",
		.functions = 1,
		.registers = pascal_registers,
		.function[0] = {
			.rows = p40_rows,
			.bars = {
				[0] = { BAR_MEM32, 16 * MIB },
				[1] = { BAR_MEM64_PREF, 32 * GIB },
				[3] = { BAR_MEM64_PREF, 32 * MIB },
			},
		},
	},
	{
		.name = "rtx3080",
		.functions = 2,
		.gfw = true,
		.registers = ampere_registers,
		.function[0] = {
			.rows = rtx3080_gpu_rows,
			.bars = {
				[0] = { BAR_MEM32, 16 * MIB },
				[1] = { BAR_MEM64_PREF, 256 * MIB },
				[3] = { BAR_MEM64_PREF, 32 * MIB },
				[5] = { BAR_IO, 128 },
				[CARD_ROM] = { BAR_ROM, 512 * KIB },
			},
		},
		.function[1] = {
			.rows = rtx3080_audio_rows,
			.bars = {
				[0] = { BAR_MEM32, 16 * KIB },
			},
		},
	},
};

static const char *const level_names[] = { "flr", "sbr", "power", "never" };
static const char *const hang_names[] = { "none", "config", "bar", "badf" };
static const char *const flr_mode_names[] = { "normal", "never", "kills" };

const struct card_model *card_model_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	return NULL;
}

__attribute__((format(printf, 2, 3)))
static void event(const struct card *card, const char *format, ...)
{
	char text[128];
	va_list args;

	if (!card->event)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	card->event(card, text);
}

static uint32_t ones(unsigned int bytes)
{
	return bytes >= 4 ? UINT32_MAX : (1u << (8 * bytes)) - 1;
}

static uint64_t after_ms(uint64_t now_us, uint32_t ms)
{
	return now_us == NEVER_US ? NEVER_US : now_us + (uint64_t)ms * 1000;
}

static uint64_t booted_after(const struct card *card, uint64_t ready_us)
{
	return card->boot_ms < 0 ? NEVER_US : after_ms(ready_us, card->boot_ms);
}

static void bar_row(struct function *f, unsigned int bar)
{
	unsigned int dword = bar == CARD_ROM ? PCI_ROM / 4 : PCI_BAR0 / 4 + bar;
	uint64_t mask = ~(f->bars[bar].bytes - 1);

	switch (f->bars[bar].kind) {
	case BAR_NONE:
		return;
	case BAR_MEM32:
		break;
	case BAR_MEM64_PREF:
		f->reset[dword] = 0xc;
		f->rw[dword + 1] = mask >> 32;
		break;
	case BAR_IO:
		f->reset[dword] = 0x1;
		break;
	case BAR_ROM:
		mask |= ROM_ENABLE;
		break;
	}
	f->rw[dword] = mask;
}

static void function_init(struct function *f, const struct function_model *model)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->bars, model->bars, sizeof(f->bars));
	/* The list ends with a row without bits; row 0 is the vendor ID. */
	for (const struct config_row *row = model->rows;
	     row->reset || row->rw || row->w1c; row++) {
		unsigned int dword = row->offset / 4;

		f->reset[dword] = row->reset;
		f->rw[dword] = row->rw;
		f->w1c[dword] = row->w1c;
		f->keep[dword] = row->keep;
	}
}

static void function_reset(struct function *f, bool flr)
{
	for (unsigned int i = 0; i < CONFIG_DWORDS; i++) {
		uint32_t keep = flr ? f->keep[i] : 0;

		f->value[i] = (f->reset[i] & ~keep) | (f->value[i] & keep);
	}
}

/* Registers lose their contents; who POSTs the card is told by @posted. */
static void registers_reset(struct card *card, bool posted)
{
	const struct register_row *row = card->model->registers;

	for (unsigned int i = 0; row[i].reset || row[i].rw || row[i].offset; i++)
		card->registers[i] = row[i].reset | (posted ? row[i].posted : 0);
}

static int register_index(const struct card *card, uint64_t offset)
{
	const struct register_row *row = card->model->registers;

	for (int i = 0; row[i].reset || row[i].rw || row[i].offset; i++)
		if (row[i].offset == offset)
			return i;
	return -1;
}

/* A reset of @level that reaches every function of the card. */
static void card_reset(struct card *card, enum level level, uint64_t ready_us, bool posted)
{
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		function_reset(&card->function[fn], false);
		card->function[fn].ready_us = ready_us;
	}
	registers_reset(card, posted);
	if (card->hang_level <= level)
		card->hang = HANG_NONE;
	card->booted_us = posted ? 0 : booted_after(card, ready_us);
}

/* Faults off and the card usable at once; config space stays as it is. */
static void card_heal(struct card *card)
{
	card->hang = HANG_NONE;
	card->flr_mode = FLR_NORMAL;
	card->sbr_ignored = false;
	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		card->function[fn].ready_us = 0;
	card->booted_us = 0;
}

static void card_defaults(struct card *card)
{
	card->not_ready_ones = false;
	card->flr_ready_ms = DEFAULT_READY_MS;
	card->sbr_ready_ms = DEFAULT_READY_MS;
	card->boot_ms = DEFAULT_BOOT_MS;
}

void card_init(struct card *card, const char *name, const struct card_model *model)
{
	memset(card, 0, sizeof(*card));
	card->name = name;
	card->model = model;
	card->powered = true;
	card->link = true;
	for (unsigned int fn = 0; fn < model->functions; fn++) {
		struct function *f = &card->function[fn];

		function_init(f, &model->function[fn]);
		for (unsigned int bar = 0; bar < CARD_BARS; bar++)
			bar_row(f, bar);
	}
	card_defaults(card);
	card_heal(card);
	card_reset(card, LEVEL_POWER, 0, true);
}

void card_set_bar1(struct card *card, uint64_t bytes)
{
	card->function[0].bars[1].bytes = bytes;
	bar_row(&card->function[0], 1);
}

enum answer {
	ANSWER,
	ANSWER_ONES,
	ANSWER_RRS,
};

static enum answer card_answer(const struct card *card, unsigned int fn, uint64_t now_us)
{
	if (!card->powered || !card->link || card->hang == HANG_CONFIG)
		return ANSWER_ONES;
	if (now_us < card->function[fn].ready_us)
		return card->not_ready_ones ? ANSWER_ONES : ANSWER_RRS;
	return ANSWER;
}

/* A read never crosses a dword: the bus above splits it. */
uint32_t card_config_read(const struct card *card, unsigned int fn, unsigned int offset,
			  unsigned int bytes, bool rrs_visible, uint64_t now_us)
{
	uint32_t value;

	switch (card_answer(card, fn, now_us)) {
	case ANSWER_RRS:
		/* PCIe 2.3.2: only a read of both bytes of the vendor ID. */
		if (rrs_visible && offset == 0 && bytes >= 2)
			return 0xffff0001 & ones(bytes);
		/* fall through */
	case ANSWER_ONES:
		return ones(bytes);
	case ANSWER:
		break;
	}
	value = card->function[fn].value[offset / 4] >> (8 * (offset % 4));
	return value & ones(bytes);
}

static void card_flr(struct card *card, unsigned int fn, uint64_t now_us)
{
	struct function *f = &card->function[fn];

	card->count[LEVEL_FLR]++;
	event(card, "FLR fn%u %s", fn, flr_mode_names[card->flr_mode]);
	function_reset(f, true);
	f->ready_us = card->flr_mode == FLR_NEVER ? NEVER_US :
						   after_ms(now_us, card->flr_ready_ms);
	if (fn == 0) {
		registers_reset(card, false);
		card->booted_us = booted_after(card, f->ready_us);
	}
	if (card->hang_level == LEVEL_FLR)
		card->hang = HANG_NONE;
	if (card->flr_mode == FLR_KILLS) {
		card->hang = HANG_CONFIG;
		card->hang_level = LEVEL_SBR;
	}
}

void card_config_write(struct card *card, unsigned int fn, unsigned int offset,
		       uint32_t value, unsigned int bytes, uint64_t now_us)
{
	struct function *f = &card->function[fn];
	unsigned int dword = offset / 4, shift = 8 * (offset % 4);
	uint32_t lanes = ones(bytes) << shift, old = f->value[dword], rw;

	if (card_answer(card, fn, now_us) != ANSWER)
		return;
	value = (value << shift) & lanes;
	rw = f->rw[dword] & lanes;
	f->value[dword] = ((old & ~rw) | (value & rw)) & ~(value & f->w1c[dword]);

	if (dword == PM_CONTROL / 4 && (old ^ f->value[dword]) & PM_STATE)
		event(card, "PM fn%u D%u->D%u", fn, old & PM_STATE,
		      f->value[dword] & PM_STATE);
	if (dword == DEVICE_CONTROL / 4 && value & DEVICE_CONTROL_FLR &&
	    f->value[DEVICE_CAP / 4] & DEVICE_CAP_FLR)
		card_flr(card, fn, now_us);
}

static bool bar_decodes(const struct function *f, unsigned int bar)
{
	uint32_t command = f->value[PCI_COMMAND / 4];

	if (f->value[PM_CONTROL / 4] & PM_STATE)
		return false;
	switch (f->bars[bar].kind) {
	case BAR_NONE:
		return false;
	case BAR_IO:
		return command & COMMAND_IO;
	case BAR_ROM:
		return command & COMMAND_MEMORY && f->value[PCI_ROM / 4] & ROM_ENABLE;
	case BAR_MEM32:
	case BAR_MEM64_PREF:
		return command & COMMAND_MEMORY;
	}
	return false;
}

static bool config_mirror(const struct card *card, uint64_t offset, unsigned int *fn,
			  unsigned int *dword)
{
	uint64_t into = offset - CONFIG_MIRROR;

	if (offset < CONFIG_MIRROR || into >= card->model->functions * CONFIG_MIRROR_STEP ||
	    into % CONFIG_MIRROR_STEP >= CONFIG_BYTES)
		return false;
	*fn = into / CONFIG_MIRROR_STEP;
	*dword = into % CONFIG_MIRROR_STEP / 4;
	return true;
}

static uint32_t register_read(const struct card *card, uint64_t offset, uint64_t now_us)
{
	bool booted = now_us >= card->booted_us;
	unsigned int fn, dword;
	int i;

	if (config_mirror(card, offset, &fn, &dword))
		return card->function[fn].value[dword];
	if (card->model->gfw) {
		if (offset == GFW_BOOT_PLM)
			return booted ? 0x00000001 : 0;
		if (offset == GFW_BOOT_PROGRESS)
			return booted ? 0x000003ff : 0x00000001;
		if (offset == 0x02240c)
			return booted ? 0x00000002 : 0;
	}
	i = register_index(card, offset);
	return i < 0 ? 0 : card->registers[i];
}

/* The dword of a BAR that holds @offset. */
static uint32_t bar_dword(const struct card *card, unsigned int fn, unsigned int bar,
			  uint64_t offset, uint64_t now_us)
{
	const struct function *f = &card->function[fn];

	if (card_answer(card, fn, now_us) != ANSWER || !bar_decodes(f, bar) ||
	    card->hang == HANG_BAR)
		return UINT32_MAX;
	if (card->hang == HANG_BADF)
		return fn == 0 && bar == 0 ? PRI_ERROR : UINT32_MAX;
	/* No ROM image, as on a card whose ROM the host has hidden. */
	if (bar == CARD_ROM)
		return UINT32_MAX;
	return fn == 0 && bar == 0 ? register_read(card, offset, now_us) : 0;
}

uint64_t card_bar_read(const struct card *card, unsigned int fn, unsigned int bar,
		       uint64_t offset, unsigned int bytes, uint64_t now_us)
{
	uint64_t value = bar_dword(card, fn, bar, offset & ~3ULL, now_us);

	if (bytes == 8)
		return value | (uint64_t)bar_dword(card, fn, bar, (offset & ~3ULL) + 4,
						   now_us) << 32;
	return value >> (8 * (offset % 4)) & ones(bytes);
}

void card_bar_write(struct card *card, unsigned int fn, unsigned int bar, uint64_t offset,
		    uint64_t value, unsigned int bytes, uint64_t now_us)
{
	unsigned int mirror_fn, dword;
	uint32_t rw;
	int i;

	if (bytes == 8) {
		card_bar_write(card, fn, bar, offset, value & UINT32_MAX, 4, now_us);
		card_bar_write(card, fn, bar, offset + 4, value >> 32, 4, now_us);
		return;
	}
	/* Registers are dwords: narrower writes do nothing. */
	if (fn != 0 || bar != 0 || bytes != 4 || card->hang != HANG_NONE ||
	    card_answer(card, fn, now_us) != ANSWER ||
	    !bar_decodes(&card->function[fn], bar))
		return;
	if (config_mirror(card, offset, &mirror_fn, &dword)) {
		card_config_write(card, mirror_fn, dword * 4, value, 4, now_us);
		return;
	}
	i = register_index(card, offset);
	if (i < 0)
		return;
	rw = card->model->registers[i].rw;
	card->registers[i] = (card->registers[i] & ~rw) | (value & rw);
}

void card_sbr(struct card *card, bool asserted, uint64_t now_us)
{
	if (asserted) {
		card->count[LEVEL_SBR]++;
		event(card, "SBR assert%s", card->sbr_ignored ? " ignored" : "");
	} else {
		event(card, "SBR release");
	}
	/* The time until the card is ready counts from the release. */
	if (card->powered && !card->sbr_ignored)
		card_reset(card, LEVEL_SBR,
			   asserted ? NEVER_US : after_ms(now_us, card->sbr_ready_ms), false);
}

void card_power(struct card *card, bool on, uint64_t now_us)
{
	event(card, "POWER %s", on ? "on" : "off");
	if (on && !card->powered) {
		card->count[LEVEL_POWER]++;
		card_reset(card, LEVEL_POWER, after_ms(now_us, card->sbr_ready_ms), false);
	}
	card->powered = on;
}

/* PERST#, then the firmware of the host POSTs the card. */
void card_system_reset(struct card *card)
{
	enum level level = card->powered ? LEVEL_SBR : LEVEL_POWER;

	event(card, "SYSTEM");
	card->powered = true;
	card->link = true;
	card_reset(card, level, 0, true);
}

void card_link(struct card *card, bool up)
{
	if (card->link == up)
		return;
	card->link = up;
	event(card, "LINK %s", up ? "up" : "down");
}

/* ---- control protocol ---- */

#define WORDS	4

struct command {
	struct card *card;
	const char *arg[WORDS];		/* arg[0] is the command's name */
	unsigned int args;
	uint64_t now_us;
	char *reply;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static void answer(struct command *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->reply, c->size, format, args);
	va_end(args);
}

static bool pick(struct command *c, unsigned int arg, const char *const *names,
		 unsigned int count, unsigned int *picked)
{
	for (*picked = 0; *picked < count; (*picked)++)
		if (!strcmp(c->arg[arg], names[*picked]))
			return true;
	answer(c, "err %s does not know '%s'", c->arg[0], c->arg[arg]);
	return false;
}

static bool number(struct command *c, unsigned int arg, int base, long long low,
		   long long high, long long *value)
{
	char *end;

	*value = strtoll(c->arg[arg], &end, base);
	if (end != c->arg[arg] && !*end && *value >= low && *value <= high)
		return true;
	answer(c, "err %s takes a number from %lld to %lld, not '%s'", c->arg[0], low, high,
	       c->arg[arg]);
	return false;
}

static void do_hang(struct command *c)
{
	unsigned int hang, level;

	if (!pick(c, 1, hang_names + 1, ARRAY_SIZE(hang_names) - 1, &hang) ||
	    !pick(c, 2, level_names, ARRAY_SIZE(level_names), &level))
		return;
	c->card->hang = hang + 1;
	c->card->hang_level = level;
}

static void do_flr(struct command *c)
{
	unsigned int mode;

	if (pick(c, 1, flr_mode_names, ARRAY_SIZE(flr_mode_names), &mode))
		c->card->flr_mode = mode;
}

static void do_sbr(struct command *c)
{
	static const char *const names[] = { "normal", "none" };
	unsigned int mode;

	if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->sbr_ignored = mode;
}

static void do_flr_ready(struct command *c)
{
	long long ms;

	if (number(c, 1, 10, 0, LIMIT_MS, &ms))
		c->card->flr_ready_ms = ms;
}

static void do_sbr_ready(struct command *c)
{
	long long ms;

	if (number(c, 1, 10, 0, LIMIT_MS, &ms))
		c->card->sbr_ready_ms = ms;
}

static void do_boot(struct command *c)
{
	long long ms;

	if (number(c, 1, 10, -1, LIMIT_MS, &ms))
		c->card->boot_ms = ms;
}

static void do_not_ready(struct command *c)
{
	static const char *const names[] = { "rrs", "ones" };
	unsigned int mode;

	if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->not_ready_ones = mode;
}

static void do_count(struct command *c)
{
	unsigned int level;

	if (pick(c, 1, level_names, LEVEL_NEVER, &level))
		answer(c, "ok %u", c->card->count[level]);
}

static void do_clear(struct command *c)
{
	memset(c->card->count, 0, sizeof(c->card->count));
}

static void do_state(struct command *c)
{
	struct card *card = c->card;

	if (!card->powered) {
		answer(c, "ok off");
		return;
	}
	if (!card->link) {
		answer(c, "ok link-down");
		return;
	}
	if (card->hang != HANG_NONE) {
		answer(c, "ok hung-%s %s", hang_names[card->hang],
		       level_names[card->hang_level]);
		return;
	}
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		if (c->now_us < card->function[fn].ready_us) {
			answer(c, "ok not-ready %u", fn);
			return;
		}
	}
	answer(c, "ok alive");
}

static void do_power(struct command *c)
{
	card_heal(c->card);
	card_defaults(c->card);
	card_reset(c->card, LEVEL_NEVER, 0, false);
	c->card->booted_us = 0;
}

static void do_heal(struct command *c)
{
	card_heal(c->card);
}

static void do_healthy(struct command *c)
{
	card_heal(c->card);
	card_defaults(c->card);
}

static void do_reg(struct command *c)
{
	long long offset, value;
	int i;

	if (!number(c, 1, 16, 0, UINT32_MAX, &offset))
		return;
	if (c->args == 2) {
		answer(c, "ok 0x%08" PRIx32, register_read(c->card, offset, c->now_us));
		return;
	}
	if (!number(c, 2, 16, 0, UINT32_MAX, &value))
		return;
	i = register_index(c->card, offset);
	if (i < 0)
		answer(c, "err %s has no register 0x%llx that can be set",
		       c->card->model->name, offset);
	else
		c->card->registers[i] = value;
}

static const struct {
	const char *name;
	unsigned int min_args;	/* the name included */
	unsigned int max_args;
	void (*run)(struct command *c);
} commands[] = {
	{ "hang", 3, 3, do_hang },
	{ "flr", 2, 2, do_flr },
	{ "sbr", 2, 2, do_sbr },
	{ "flr-ready-ms", 2, 2, do_flr_ready },
	{ "sbr-ready-ms", 2, 2, do_sbr_ready },
	{ "not-ready", 2, 2, do_not_ready },
	{ "boot-ms", 2, 2, do_boot },
	{ "count", 2, 2, do_count },
	{ "clear", 1, 1, do_clear },
	{ "state", 1, 1, do_state },
	{ "power", 1, 1, do_power },
	{ "heal", 1, 1, do_heal },
	{ "healthy", 1, 1, do_healthy },
	{ "reg", 2, 3, do_reg },
};

static void card_command(struct command *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, c->arg[0]))
			continue;
		if (c->args < commands[i].min_args || c->args > commands[i].max_args) {
			answer(c, "err %s takes %u to %u words", c->arg[0],
			       commands[i].min_args - 1, commands[i].max_args - 1);
			return;
		}
		answer(c, "ok");
		commands[i].run(c);
		return;
	}
	answer(c, "err unknown command '%s'", c->arg[0]);
}

void card_control(struct card *cards, const char *line, char *reply, size_t size,
		  uint64_t now_us)
{
	struct command c = { .now_us = now_us, .reply = reply, .size = size };
	char text[256], *word, *rest;
	const char *name;

	if (snprintf(text, sizeof(text), "%s", line) >= (int)sizeof(text)) {
		answer(&c, "err line too long");
		return;
	}
	name = strtok_r(text, " \t\r\n", &rest);
	if (!name) {
		answer(&c, "err empty line");
		return;
	}
	while ((word = strtok_r(NULL, " \t\r\n", &rest))) {
		if (c.args == WORDS) {
			answer(&c, "err too many words");
			return;
		}
		c.arg[c.args++] = word;
	}
	if (!strcmp(name, "ping") && !c.args) {
		answer(&c, "ok");
		return;
	}
	for (c.card = cards; c.card; c.card = c.card->next)
		if (!strcmp(c.card->name, name))
			break;
	if (!c.card) {
		answer(&c, "err no card '%s'", name);
		return;
	}
	if (!c.args) {
		answer(&c, "err no command for card '%s'", name);
		return;
	}
	event(c.card, "CTL %s%s%s%s%s", c.arg[0], c.args > 1 ? " " : "",
	      c.args > 1 ? c.arg[1] : "", c.args > 2 ? " " : "", c.args > 2 ? c.arg[2] : "");
	card_command(&c);
}
