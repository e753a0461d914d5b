// SPDX-License-Identifier: GPL-2.0
/*
 * The model table. A new GPU is one row here and one KUnit case.
 *
 * Rows are sorted by device ID and disjoint. The IDs come from pci.ids and
 * from the device names in NVIDIA's open-gpu-kernel-modules (OGKM,
 * g_nv_name_released.h). IDs of audio, USB and UCSI functions fall inside
 * some of the ranges: callers check the class first.
 *
 * Whether a card has FLR is read from its Device Capabilities, never inferred
 * from its row: a Tesla T4 without FLR was seen.
 */
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "gpupt/model.h"
#include "gpupt/regs.h"

/*
 * config_ms: NVIDIA's driver gives up 1 s after an FLR or bus reset (OGKM
 * kbifDoSecondaryBusHotReset_GM107: 20 polls of 50 ms), its admin tools after
 * 5 s; the longer one is used, since a card in Configuration RRS is on its way.
 * bar0_ms: PMC_BOOT_0 can be read as soon as memory decoding is on (nouveau and
 * OGKM read it first of all, before any devinit); one second is generous.
 * boot_ms: OGKM allows GFW boot 2.05 s, nova-core 4 s, gpu-admin-tools 5 s.
 */
static const struct gpupt_model models[] = {
	/* GP100: Tesla P100. No FLR before Turing (OGKM kernel_bif_gm107.c). */
	{
		.family = "pascal", .device_first = 0x15f0, .device_last = 0x15ff,
		.arch = 0x13, .ladder = { GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000,
	},
	/* GP102 to GP108: Tesla P40 (1b38), P4 (1bb3), GTX 10xx, Quadro P */
	{
		.family = "pascal", .device_first = 0x1b00, .device_last = 0x1d7f,
		.arch = 0x13, .ladder = { GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000,
	},
	/* TU102, TU104, TU106, TU117: RTX 20xx, GTX 1650, T4 (1eb8), Quadro RTX */
	{
		.family = "turing", .device_first = 0x1e00, .device_last = 0x1fff,
		.arch = 0x16, .ready = GPUPT_READY_GFW,
		.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
	},
	/* GA100: A100, A30 */
	{
		.family = "ampere", .device_first = 0x2080, .device_last = 0x20ff,
		.arch = 0x17, .ready = GPUPT_READY_GFW,
		.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
	},
	/* TU116: GTX 16xx */
	{
		.family = "turing", .device_first = 0x2180, .device_last = 0x21ff,
		.arch = 0x16, .ready = GPUPT_READY_GFW,
		.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
	},
	/* GA102: RTX 3080 (2206, 220a, 2216), 3090, A10, A40 */
	{
		.family = "ampere", .device_first = 0x2200, .device_last = 0x227f,
		.arch = 0x17, .ready = GPUPT_READY_GFW,
		.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
	},
	/* GA103, GA104, GA106, GA107: RTX 3050 to 3070 Ti, A2 to A16 */
	{
		.family = "ampere", .device_first = 0x2400, .device_last = 0x25ff,
		.arch = 0x17, .ready = GPUPT_READY_GFW,
		.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
		.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
	},
};

/*
 * A GPU that no row covers may be of any generation: rungs by capability, and
 * five seconds for BAR0, since Blackwell holds a firewall over it for about
 * one (OGKM gpuWaitForBarFirewall_GB100 allows four).
 */
static const struct gpupt_model unknown = {
	.family = "unknown", .device_last = 0xffff,
	.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
	.config_ms = 5000, .bar0_ms = 5000,
};

static const char * const rung_names[] = {
	[GPUPT_RUNG_NONE] = "none",
	[GPUPT_RUNG_FLR] = "flr",
	[GPUPT_RUNG_BUS] = "bus",
};

static_assert(ARRAY_SIZE(rung_names) == GPUPT_RUNG_COUNT);

const struct gpupt_model *gpupt_model_find(u16 device)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(models); i++)
		if (device >= models[i].device_first && device <= models[i].device_last)
			return &models[i];
	return &unknown;
}

const struct gpupt_model *gpupt_model_unknown(void)
{
	return &unknown;
}

const struct gpupt_model *gpupt_model_row(unsigned int index)
{
	return index < ARRAY_SIZE(models) ? &models[index] : NULL;
}

bool gpupt_model_knows_boot0(const struct gpupt_model *model, u32 boot0)
{
	if (!boot0 || boot0 == ~0U)
		return false;
	if ((boot0 & GPUPT_PRI_ERROR_MASK) == GPUPT_PRI_ERROR)
		return false;
	return !model->arch || FIELD_GET(GPUPT_PMC_BOOT_0_ARCH, boot0) == model->arch;
}

const char *gpupt_rung_name(unsigned int rung)
{
	return rung_names[rung < GPUPT_RUNG_COUNT ? rung : GPUPT_RUNG_NONE];
}

enum gpupt_rung gpupt_rung_parse(const char *word)
{
	unsigned int rung;

	for (rung = GPUPT_RUNG_NONE + 1; rung < GPUPT_RUNG_COUNT; rung++)
		if (sysfs_streq(word, rung_names[rung]))
			return rung;
	return GPUPT_RUNG_NONE;
}
