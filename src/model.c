// SPDX-License-Identifier: GPL-2.0
/*
 * The model table: how each kind of GPU is reset, and which PCI device IDs are
 * of which kind. Documentation/adding-a-gpu.rst shows how to add one.
 *
 * Whether a card has FLR is read from its Device Capabilities, never inferred
 * from its model: a Tesla T4 without FLR was seen.
 */
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "gpupt/model.h"
#include "gpupt/regs.h"

/* The gentler rung first: it leaves the other functions alone. */
#define FLR_FIRST	{ GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, \
			  GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }

/* "FLR is only supported for Turing and later": OGKM kernel_bif_gm107.c */
#define NO_FLR		{ GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, \
			  GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }

/*
 * config_ms: NVIDIA's driver gives up 1 s after an FLR or bus reset (OGKM
 * kbifDoSecondaryBusHotReset_GM107: 20 polls of 50 ms), its admin tools after
 * 5 s; the longer one is used, since a card in Configuration RRS is on its way.
 * bar0_ms: PMC_BOOT_0 can be read as soon as memory decoding is on and no
 * firewall is up (nouveau and OGKM read it first of all, before any devinit);
 * one second is generous.
 * boot_ms, firewall_ms: as NVIDIA's admin tools (GAT), which wait longest;
 * what OGKM allows stands at each model.
 * Architectures: OGKM NV_PMC_BOOT_0_ARCHITECTURE_*; nouveau
 * nvkm/engine/device/base.c, whose chipset numbers begin with them.
 */
static const struct gpupt_model kepler = {
	.family = "kepler", .arch_first = 0x0e, .arch_last = 0x10,
	.ladder = NO_FLR, .hda_enable = true,
	.canary_reg = GPUPT_SCRATCH_GK104,
	.config_ms = 5000, .bar0_ms = 1000,
};

static const struct gpupt_model maxwell = {
	.family = "maxwell", .arch_first = 0x11, .arch_last = 0x12,
	.ladder = NO_FLR, .hda_enable = true,
	.canary_reg = GPUPT_SCRATCH_GK104,
	.config_ms = 5000, .bar0_ms = 1000,
};

static const struct gpupt_model pascal = {
	.family = "pascal", .arch_first = 0x13, .arch_last = 0x13,
	.ladder = NO_FLR, .hda_enable = true,
	.canary_reg = GPUPT_SCRATCH_GK104,
	.config_ms = 5000, .bar0_ms = 1000,
};

static const struct gpupt_model volta = {
	.family = "volta", .arch_first = 0x14, .arch_last = 0x14,
	.ladder = NO_FLR, .hda_enable = true,
	.canary_reg = GPUPT_SCRATCH_GV100,
	.config_ms = 5000, .bar0_ms = 1000,
};

/* OGKM gpuWaitForGfwBootComplete_TU102: 2.05 s; nova-core gfw.rs: 4 s */
static const struct gpupt_model turing = {
	.family = "turing", .arch_first = 0x16, .arch_last = 0x16,
	.ladder = FLR_FIRST, .hda_enable = true,
	.ready = GPUPT_READY_GFW,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/* As Turing, the same OGKM functions. */
static const struct gpupt_model ampere = {
	.family = "ampere", .arch_first = 0x17, .arch_last = 0x17,
	.ladder = FLR_FIRST, .hda_enable = true,
	.ready = GPUPT_READY_GFW,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/* As Turing, the same OGKM functions. */
static const struct gpupt_model ada = {
	.family = "ada", .arch_first = 0x19, .arch_last = 0x19,
	.ladder = FLR_FIRST, .hda_enable = true,
	.ready = GPUPT_READY_GFW,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/* OGKM kfspWaitForSecureBoot_GH100: 4 s, 3 of them to train HBM3 */
static const struct gpupt_model hopper = {
	.family = "hopper", .arch_first = 0x18, .arch_last = 0x18,
	.ladder = FLR_FIRST,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GH100,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/*
 * "SBR would leave the device inoperable for the current system boot": Linux
 * quirk_nvidia_no_bus_reset(), commit 4c207e7121fa. Rescan resets the bus too.
 */
static const struct gpupt_model gh200 = {
	.family = "hopper", .arch_first = 0x18, .arch_last = 0x18,
	.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_SLOT_POWER }, .no_bus_reset = true,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GH100,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/*
 * A block of GH100 of which no product is named (23b0, 23f0). Half of the other
 * block, the GH200, does not survive a bus reset; nobody says which of these do.
 */
static const struct gpupt_model gh100_unnamed = {
	.family = "hopper", .arch_first = 0x18, .arch_last = 0x18,
	.ladder = FLR_FIRST, .bus_by_hand = true,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GH100,
	.canary_reg = GPUPT_SCRATCH_TU102, .wpr2_reg = GPUPT_WPR2_TU102,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/*
 * OGKM kfspWaitForSecureBoot_GB100: 4 s; gpuWaitForBarFirewall_GB100: 4 s. GAT
 * tests no scratch register on Blackwell.
 */
static const struct gpupt_model gb100 = {
	.family = "blackwell", .arch_first = 0x1a, .arch_last = 0x1a,
	.ladder = FLR_FIRST,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GH100,
	.wpr2_reg = GPUPT_WPR2_GB100,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 10000, .firewall_ms = 5000,
};

/*
 * FLR may leave config space at 0xffff0001 until the card loses power, while a
 * bus reset works: users' reports on RTX 5090 and RTX PRO 6000 (tinygrad
 * #18199). OGKM kfspWaitForSecureBoot_GB202: 5 s.
 */
static const struct gpupt_model gb202 = {
	.family = "blackwell", .arch_first = 0x1b, .arch_last = 0x1b,
	.ladder = { GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_FLR,
		    GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }, .flr_doubted = true,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GB202,
	.wpr2_reg = GPUPT_WPR2_GB100,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 10000, .firewall_ms = 5000,
};

/*
 * As GB202, but here FLR was seen to clear firmware that a dead driver had
 * left (RTX 5070 Ti, OGKM issue 1353).
 */
static const struct gpupt_model gb203 = {
	.family = "blackwell", .arch_first = 0x1b, .arch_last = 0x1b,
	.ladder = FLR_FIRST,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FSP_BOOT_GB202,
	.wpr2_reg = GPUPT_WPR2_GB100,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 10000, .firewall_ms = 5000,
};

/*
 * GB10B and GB20B are parts of a chip with processors: they sit in no slot, and
 * behind ports of that chip. After a bus reset below ports of GB10 links were seen
 * with fewer lanes, and config space not to answer: Linux quirk_no_bus_reset() for
 * 10de:22ce and 22d0, commit c81a2ce6b6a8. The GPU's own port, 22d1, is not named
 * there, nor is any bus reset of these GPUs reported, so there is none. FLR is
 * shown by a GB20B (lspci in NixOS/nixpkgs #527847), and OGKM has it done for
 * both (PDB_PROP_KBIF_FLR_HANDLED_BY_OS).
 *
 * WPR2 is up by design (OGKM PDB_PROP_GPU_PREINITIALIZED_WPR_REGION). There is no
 * firewall (OGKM gpuHandleSecFault_GB10B, _GB20B). Architectures: OGKM
 * g_hal_archimpl.h.
 *
 * OGKM has no test of a booted GB10B.
 */
static const struct gpupt_model gb10b = {
	.family = "blackwell", .arch_first = 0x1a, .arch_last = 0x1a,
	.ladder = { GPUPT_RUNG_FLR }, .no_bus_reset = true,
	.config_ms = 5000, .bar0_ms = 5000,
};

/* OGKM ksec2WaitForSecureBoot_GB20B: 4 s */
static const struct gpupt_model gb20b = {
	.family = "blackwell", .arch_first = 0x1b, .arch_last = 0x1b,
	.ladder = { GPUPT_RUNG_FLR }, .no_bus_reset = true,
	.ready = GPUPT_READY_FSP, .fsp_reg = GPUPT_FWSEC_BOOT_GB20B,
	.config_ms = 5000, .bar0_ms = 1000, .boot_ms = 5000,
};

/*
 * Known by its name alone. Five seconds for BAR0, as long as Blackwell's firewall
 * may take.
 */
static const struct gpupt_model gb120 = {
	.family = "blackwell",
	.ladder = FLR_FIRST, .bus_by_hand = true, .by_capability = true,
	.config_ms = 5000, .bar0_ms = 5000,
};

/*
 * OGKM supports it from 615.71.09 on (architecture 0x1c), and recommends a bus
 * reset when an FLR timed out (kbifCheckResetStatus_GR100); nobody has reported
 * what comes of either. So nothing is read but what all generations have.
 */
static const struct gpupt_model rubin = {
	.family = "rubin",
	.ladder = FLR_FIRST, .bus_by_hand = true, .by_capability = true,
	.config_ms = 5000, .bar0_ms = 5000,
};

/*
 * A GPU that no range covers is reset by what its capabilities offer, and only
 * registers are read that mean the same on all generations. IDs are given out
 * upwards, so it is later than the table, or one in a gap of it, as GB10B and
 * GB20B once were, whose ports take no bus reset: none without being asked.
 */
static const struct gpupt_model unknown = {
	.family = "unknown",
	.ladder = FLR_FIRST, .bus_by_hand = true, .by_capability = true,
	.config_ms = 5000, .bar0_ms = 5000,
};

/* GM108's block begins here. */
#define FIRST_MAXWELL	0x1340

/*
 * But below Maxwell it is older than the table, Fermi or before: without FLR, and
 * none is known that a bus reset kills.
 */
static const struct gpupt_model older = {
	.family = "unknown",
	.ladder = FLR_FIRST, .by_capability = true,
	.config_ms = 5000, .bar0_ms = 5000,
};

/*
 * Sorted and disjoint. The IDs come from pci.ids and from the device names in
 * OGKM (g_nv_name_released.h); chips get them in blocks of 0x40 or 0x80. IDs of
 * audio, USB and UCSI functions fall inside some ranges, and NVSwitch has one
 * of its own: callers check the class first. Fermi and older are not listed.
 */
static const struct gpupt_model_range ranges[] = {
	/* GK107: GT 640, GTX 650, Quadro K600, GRID K1 (0ff2) */
	{ 0x0fc0, 0x0fff, &kepler },
	/* GK110, GK180, GK210: GTX 780, TITAN, Tesla K20, K40 (1023), K80 (102d) */
	{ 0x1000, 0x103f, &kepler },
	/* GK104, GK106: GTX 680, GTX 660, Tesla K10 (118f), GRID K520 (118a) */
	{ 0x1180, 0x11ff, &kepler },
	/* GK208: GT 710, GT 730 */
	{ 0x1280, 0x12bf, &kepler },
	/* GK110: Q12U-1 (130b) */
	{ 0x1300, 0x133f, &kepler },
	/* GM108, GM107, GM204, GM206: GTX 750 to 980, Tesla M10 (13bd), M60 (13f2), M4 */
	{ FIRST_MAXWELL, 0x143f, &maxwell },
	/* GP100: Tesla P100 (15f7, 15f8, 15f9), Quadro GP100, CMP 100-100 (15c2) */
	{ 0x1580, 0x15ff, &pascal },
	/* GM204: GTX 965M to 980M, Quadro M2200 (1676), another M60 (1613) */
	{ 0x1600, 0x167f, &maxwell },
	/* GP100 without a name: 1725, 172e, 172f */
	{ 0x1720, 0x172f, &pascal },
	/* GM108: MX110, MX130 */
	{ 0x1740, 0x174f, &maxwell },
	/* GM107: GRID M3-3020, 940MX (179c) */
	{ 0x1780, 0x179f, &maxwell },
	/* GM200: GTX 980 Ti, TITAN X, Quadro M6000, Tesla M40 (17fd) */
	{ 0x17c0, 0x17ff, &maxwell },
	/* GP102 to GP108: GTX 10xx, Quadro P, Tesla P40 (1b38), P4 (1bb3) */
	{ 0x1b00, 0x1d7f, &pascal },
	/* GV100: TITAN V, Tesla V100 (1db1, 1db4), V100S (1df6) */
	{ 0x1d80, 0x1dff, &volta },
	/* TU102, TU104, TU106, TU117: RTX 20xx, GTX 1650, Quadro RTX, T4 (1eb8) */
	{ 0x1e00, 0x1fff, &turing },
	/* GA100: A100 (20b0, 20f1), A30 (20b7), A800 */
	{ 0x2080, 0x20ff, &ampere },
	/* TU116: GTX 16xx */
	{ 0x2180, 0x21ff, &turing },
	/* GA102: RTX 3080 (2206, 220a, 2216), 3090, A10 (2236), A40 (2235) */
	{ 0x2200, 0x227f, &ampere },
	/* GH100: H100 (2330, 2331), H200 (2335), H20 (2329), H800 */
	{ 0x2300, 0x233f, &hopper },
	/* GH100 with Grace: GH200 (2342, 2348); the range is the kernel's */
	{ 0x2340, 0x237f, &gh200 },
	/* GH100 without a name: 23b0, 23f0 */
	{ 0x2380, 0x23ff, &gh100_unnamed },
	/* GA103, GA104, GA106, GA107: RTX 3050 to 3070 Ti, RTX A4000, A2, A16 (25b6) */
	{ 0x2400, 0x25ff, &ampere },
	/* AD102 to AD107: RTX 4050 to 4090 (2684), L4 (27b8), L40 (26b5), L40S (26b9) */
	{ 0x2680, 0x28ff, &ada },
	/* GB100, GB102: B200 (2901), GB200 (2941) */
	{ 0x2900, 0x29ff, &gb100 },
	/* GB10B: Jetson AGX Thor (2b00) */
	{ 0x2b00, 0x2b7f, &gb10b },
	/* GB202: RTX 5090 (2b85), 5090 D (2b87), RTX PRO 6000 (2bb1, 2bb4, 2bb5) */
	{ 0x2b80, 0x2bff, &gb202 },
	/* GB203: RTX 5080 (2c02), 5070 Ti (2c05) */
	{ 0x2c00, 0x2c7f, &gb203 },
	/* GB206, GB207: RTX 5060 Ti (2d04), 5050 (2d83) */
	{ 0x2d00, 0x2dff, &gb203 },
	/* GB20B: GB10 (2e12), RTX Spark N1X (2e03, 2e06, 2e13) */
	{ 0x2e00, 0x2e7f, &gb20b },
	/* GB205: RTX 5070 (2f04) */
	{ 0x2f00, 0x2f7f, &gb203 },
	/* GR100, GR102 */
	{ 0x3000, 0x30ff, &rubin },
	/* GB110, GB112: B300 (3182), GB300 (31c2) */
	{ 0x3180, 0x327f, &gb100 },
	/* GB120 (3340) */
	{ 0x3300, 0x337f, &gb120 },
	/* GB10B with another ID (3400) */
	{ 0x3400, 0x347f, &gb10b },
};

static const char * const rung_names[] = {
	[GPUPT_RUNG_NONE] = "none",
	[GPUPT_RUNG_FLR] = "flr",
	[GPUPT_RUNG_BUS] = "bus",
	[GPUPT_RUNG_BUS_LONG] = "bus-long",
	[GPUPT_RUNG_SLOT_POWER] = "slot-power",
	[GPUPT_RUNG_RESCAN] = "rescan",
};

static_assert(ARRAY_SIZE(rung_names) == GPUPT_RUNG_COUNT);

const struct gpupt_model *gpupt_model_find(u16 device)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (device >= ranges[i].first && device <= ranges[i].last)
			return ranges[i].model;
	return device < FIRST_MAXWELL ? &older : &unknown;
}

const struct gpupt_model_range *gpupt_model_range(unsigned int index)
{
	return index < ARRAY_SIZE(ranges) ? &ranges[index] : NULL;
}

bool gpupt_model_knows_boot0(const struct gpupt_model *model, u32 boot0)
{
	u32 arch;

	if (!boot0 || boot0 == ~0U)
		return false;
	if ((boot0 & GPUPT_PRI_ERROR_MASK) == GPUPT_PRI_ERROR)
		return false;
	if (!model->arch_first)
		return true;
	/* OGKM nv_ref.h decodePmcBoot0Architecture() */
	arch = FIELD_GET(GPUPT_PMC_BOOT_0_ARCH, boot0) |
	       FIELD_GET(GPUPT_PMC_BOOT_0_ARCH_HIGH, boot0) << 5;
	return arch >= model->arch_first && arch <= model->arch_last;
}

bool gpupt_model_is_sec_fault(u32 value)
{
	return value == GPUPT_SEC_FAULT_0 || value == GPUPT_SEC_FAULT_1;
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
