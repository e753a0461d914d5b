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
#define PCI_HEADER		0x0c
#define  HEADER_MULTIFUNCTION	0x00800000u
#define  HEADER_LAYOUT		0x007f0000u
#define PCI_BAR0		0x10
#define PCI_CAP_POINTER		0x34
#define PCI_ROM			0x30
#define  ROM_ENABLE		0x0001
#define CAP_PM			0x01
#define PM_CONTROL		0x04	/* in the capability */
#define  PM_STATE		0x0003
#define CAP_EXPRESS		0x10
#define  EXPRESS_TYPE		0x00f00000u
#define  EXPRESS_INTEGRATED	0x00900000u
#define DEVICE_CAP		0x04	/* in the capability */
#define  DEVICE_CAP_FLR		(1u << 28)
#define DEVICE_CONTROL		0x08
#define  DEVICE_CONTROL_FLR	(1u << 15)
#define LINK_CAP		0x0c
#define LINK_CONTROL		0x10
#define  LINK_STATUS_LINK	0x03ff0000u	/* speed and width */
#define EXTENDED_CAPS		0x100
#define CAP_REBAR		0x0015
#define REBAR_SIZES		0x04	/* in the capability; bit 4: 1 MiB */
#define REBAR_CONTROL		0x08
#define  REBAR_SIZE		0x00003f00u
#define  REBAR_BAR		1
#define CLASS_AUDIO		0x0403
#define CLASS_XHCI		0x0c0330

#define HDA_CONTROL		0x488
#define  HDA_ENABLE		(1u << 25)
/* As gpu-admin-tools and RM of the GB202 look for it. */
#define  FIREWALL_UP		(1u << 20 | 1u << 24)

#define PMC_BOOT_0		0x000000
#define PMC_BOOT_42		0x000a00
#define PMC_ENABLE		0x000200
#define  PMC_ENABLE_PFIFO	(1u << 8)
#define POSTED			0x02240c
#define  POSTED_YES		0x00000002
#define GFW_BOOT_PLM		0x118128
#define GFW_BOOT_PROGRESS	0x118234
#define CONFIG_MIRROR_STEP	0x002000	/* from function to function */
/* Somewhere in the upper half of video memory. */
#define WPR2_VALUE		0x01fd4000u

/* One of the patterns that reads of a broken priv ring give. */
#define PRI_ERROR		0xbadf1100u
#define SEC_ERROR		0xbadf0200u

#define DEFAULT_READY_MS	20
/* Measured on an AD104 by tinygrad (#17041). */
#define DEFAULT_BOOT_MS		233
#define DEFAULT_FIREWALL_MS	100
#define LIMIT_MS		3600000

/* As the port of the default machine has them. */
#define LINK_WIDTH		16
#define LINK_SPEED		3

/* ---- config space ---- */

/*
 * Power management is version 3 with NoSoftRst+, hence no PM reset. PME is
 * never used, only the claims differ.
 */
#define PME_NONE	0x0003
#define PME_D3HOT	0x4803
#define PME_D3COLD	0xc9c3
#define ROWS_PM(base, next, pme) \
			{ (base), (uint32_t)(pme) << 16 | (next) << 8 | CAP_PM, 0, 0, 0 }, \
			{ (base) + PM_CONTROL, 0x00000008, PM_STATE | \
			  ((pme) == PME_NONE ? 0 : 0x100), (pme) == PME_NONE ? 0 : 0x8000, 0 }
/* One vector, 64 bit; or 16 vectors that can be masked, as from Hopper on. */
#define ROWS_MSI(base, next) \
			{ (base), 0x00800005 | (next) << 8, 0x00010000, 0, 0 }, \
			{ (base) + 0x04, 0, 0xfffffffc, 0, 0 }, \
			{ (base) + 0x08, 0, 0xffffffff, 0, 0 }, \
			{ (base) + 0x0c, 0, 0x0000ffff, 0, 0 }
#define ROWS_MSI_MASK(base, next) \
			{ (base), 0x01880005 | (next) << 8, 0x00710000, 0, 0 }, \
			{ (base) + 0x04, 0, 0xfffffffc, 0, 0 }, \
			{ (base) + 0x08, 0, 0xffffffff, 0, 0 }, \
			{ (base) + 0x0c, 0, 0x0000ffff, 0, 0 }, \
			{ (base) + 0x10, 0, 0x0000ffff, 0, 0 }
/*
 * Version 2, x16. MPS, link control and the target speed are not touched by
 * an FLR. Speed and width of the link status are those of the link.
 */
#define ENDPOINT	0x00020010
#define LEGACY_ENDPOINT	0x00120010
#define ROWS_EXPRESS(base, next, type, device_cap, gen) \
			{ (base), (type) | (next) << 8, 0, 0, 0 }, \
			{ (base) + DEVICE_CAP, (device_cap), 0, 0, 0 }, \
			{ (base) + DEVICE_CONTROL, 0x00002910, 0x000079ff, 0x000f0000, 0xe0 }, \
			{ (base) + LINK_CAP, 0x00453d00 | (gen), 0, 0, 0 }, \
			{ (base) + LINK_CONTROL, 0x10000000, 0x000001cb, 0, 0x000001cb }, \
			{ (base) + 0x24, 0x00040813, 0, 0, 0 }, \
			{ (base) + 0x28, 0, 0x0000041f, 0, 0 }, \
			{ (base) + 0x2c, (2u << (gen)) - 2, 0, 0, 0 }, \
			{ (base) + 0x30, 0x001e0000 | (gen), 0x0000000f, 0, 0x0000000f }
/* Fermi to Ada, then Hopper and GB20x. */
#define CAPS_AT_60(type, next, pme, gen) \
			ROWS_PM(0x60, 0x68, pme), ROWS_MSI(0x68, 0x78), \
			ROWS_EXPRESS(0x78, next, type, 0x00008de1, gen)
#define CAPS_AT_40(type, pme, gen) \
			ROWS_PM(0x40, 0x48, pme), ROWS_MSI_MASK(0x48, 0x60), \
			ROWS_EXPRESS(0x60, 0, type, 0x00008021, gen)
#define ROW_VENDOR_B4	{ 0xb4, 0x00140009, 0, 0, 0 }

static const struct config_row caps_early_3d[] = {
	CAPS_AT_60(ENDPOINT, 0, PME_NONE, 3), { 0 }
};

static const struct config_row caps_early_vga[] = {
	CAPS_AT_60(LEGACY_ENDPOINT, 0xb4, PME_NONE, 3), ROW_VENDOR_B4, { 0 }
};

static const struct config_row caps_turing_3d[] = {
	CAPS_AT_60(ENDPOINT, 0, PME_D3HOT, 3), { 0 }
};

static const struct config_row caps_turing_vga[] = {
	CAPS_AT_60(LEGACY_ENDPOINT, 0xb4, PME_D3COLD, 3), ROW_VENDOR_B4, { 0 }
};

static const struct config_row caps_turing_sibling[] = {
	CAPS_AT_60(ENDPOINT, 0, PME_D3COLD, 3), { 0 }
};

static const struct config_row caps_ampere_3d[] = {
	CAPS_AT_60(ENDPOINT, 0, PME_D3HOT, 4), { 0 }
};

static const struct config_row caps_ampere_vga[] = {
	CAPS_AT_60(LEGACY_ENDPOINT, 0xb4, PME_D3HOT, 4), ROW_VENDOR_B4, { 0 }
};

static const struct config_row caps_ampere_sibling[] = {
	CAPS_AT_60(ENDPOINT, 0, PME_D3HOT, 4), { 0 }
};

static const struct config_row caps_hopper[] = {
	CAPS_AT_40(ENDPOINT, PME_NONE, 5), { 0 }
};

static const struct config_row caps_gb100[] = {
	ROWS_EXPRESS(0x40, 0x80, ENDPOINT, 0x00008021, 5),
	ROWS_PM(0x80, 0x88, PME_NONE), ROWS_MSI_MASK(0x88, 0), { 0 }
};

static const struct config_row caps_gb20x_vga[] = {
	CAPS_AT_40(LEGACY_ENDPOINT, PME_D3HOT, 5), { 0 }
};

static const struct config_row caps_gb20x_sibling[] = {
	CAPS_AT_40(ENDPOINT, PME_D3HOT, 5), { 0 }
};

#define EXTENDED(id, version, next) \
			((uint32_t)(next) << 20 | (version) << 16 | (id))
#define ROWS_AER(base, next) \
			{ (base), EXTENDED(0x0001, 2, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0, 0, 0x017ff030, 0x017ff030 }, \
			{ (base) + 0x08, 0, 0x017ff030, 0, 0x017ff030 }, \
			{ (base) + 0x0c, 0x00462030, 0x017ff030, 0, 0x017ff030 }, \
			{ (base) + 0x10, 0, 0, 0x0000f1c1, 0x0000f1c1 }, \
			{ (base) + 0x14, 0x00002000, 0x0000f1c1, 0, 0x0000f1c1 }
#define ROWS_LTR(base, next) \
			{ (base), EXTENDED(0x0018, 1, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0, 0x1fff1fff, 0, 0 }
#define ROWS_DATA_LINK(base, next) \
			{ (base), EXTENDED(0x0025, 1, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0x80000001, 0, 0, 0 }
/*
 * Virtual channel, latency tolerance, L1 substates, power budgeting, AER,
 * vendor specific, secondary PCIe; bit 25 of 0x488 turns the audio function
 * on (Linux: quirk_nvidia_hda).
 */
#define ROWS_EXTENDED(next) \
			{ 0x100, EXTENDED(0x0002, 1, 0x250), 0, 0, 0 }, \
			{ 0x114, 0x800000ff, 0x000000fe, 0, 0 }, \
			ROWS_LTR(0x250, 0x258), \
			{ 0x258, EXTENDED(0x001e, 1, 0x128), 0, 0, 0 }, \
			{ 0x25c, 0x0028ff1f, 0, 0, 0 }, \
			{ 0x260, 0, 0xe3ffff0f, 0, 0 }, \
			{ 0x264, 0, 0x000000fb, 0, 0 }, \
			{ 0x128, EXTENDED(0x0004, 1, 0x420), 0, 0, 0 }, \
			{ 0x12c, 0, 0x000000ff, 0, 0 }, \
			ROWS_AER(0x420, 0x600), \
			{ HDA_CONTROL, 0, HDA_ENABLE, 0, HDA_ENABLE }, \
			{ 0x600, EXTENDED(0x000b, 1, 0x900), 0, 0, 0 }, \
			{ 0x604, 0x02410001, 0, 0, 0 }, \
			{ 0x900, EXTENDED(0x0019, 1, next), 0, 0, 0 }, \
			{ 0x904, 0, 0x00000003, 0, 0 }, \
			{ 0x908, 0, 0, 0x0000ffff, 0 }
/* 16 GT/s, margining, data link feature; scratch that only a bus reset clears. */
#define ROWS_EXTENDED_16GT \
			{ 0xc1c, EXTENDED(0x0026, 1, 0xd00), 0, 0, 0 }, \
			{ 0xd00, EXTENDED(0x0027, 1, 0xe00), 0, 0, 0 }, \
			ROWS_DATA_LINK(0xe00, 0), \
			{ 0xe10, 0, 0xffffffff, 0, 0xffffffff }
/* BAR 1 alone, from 64 MiB to 32 GiB. */
#define ROWS_REBAR(base, next) \
			{ (base), EXTENDED(CAP_REBAR, 1, next), 0, 0, 0 }, \
			{ (base) + REBAR_SIZES, 0x000ffc00, 0, 0, 0 }, \
			{ (base) + REBAR_CONTROL, 0x00000020 | REBAR_BAR, REBAR_SIZE, 0, 0 }
/*
 * Address translation service: a queue of 32 invalidations, page aligned requests; Enable
 * and Smallest Translation Unit can be set. Process address spaces: execute and privileged
 * permission, 20 bits as in an instance block (NVIDIA: NV_RAMIN_PASID).
 */
#define ROWS_ATS(base, next) \
			{ (base), EXTENDED(0x000f, 1, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0x00000020, 0x801f0000, 0, 0 }
#define ROWS_PASID(base, next) \
			{ (base), EXTENDED(0x001b, 1, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0x00001406, 0x00070000, 0, 0 }
/* Null, latency tolerance, AER, as in a list of an H20; then @next and a serial number. */
#define ROWS_EXTENDED_FSP(next) \
			{ 0x100, EXTENDED(0, 0, 0x12c), 0, 0, 0 }, \
			ROWS_LTR(0x12c, 0x1b8), \
			ROWS_AER(0x1b8, next), \
			{ 0x2f0, EXTENDED(0x0003, 1, 0), 0, 0, 0 }, \
			{ 0x2f4, 0xa42db048, 0, 0, 0 }, \
			{ 0x2f8, 0x9f210f69, 0, 0, 0 }
/* Vendor 10de, id 0; the BAR firewall is bit 20 of its third dword. */
#define ROWS_DVSEC(base, next) \
			{ (base), EXTENDED(0x0023, 1, next), 0, 0, 0 }, \
			{ (base) + 0x04, 0x018010de, 0, 0, 0 }

static const struct config_row extended_early[] = { ROWS_EXTENDED(0), { 0 } };
static const struct config_row extended_ampere[] = {
	ROWS_EXTENDED(0xc1c), ROWS_EXTENDED_16GT, { 0 }
};

static const struct config_row extended_ada[] = {
	ROWS_EXTENDED(0xbb0), ROWS_REBAR(0xbb0, 0xc1c), ROWS_EXTENDED_16GT, { 0 }
};

static const struct config_row extended_hopper[] = {
	ROWS_EXTENDED_FSP(0x2e0), ROWS_ATS(0x2e0, 0x2e8), ROWS_PASID(0x2e8, 0x2f0), { 0 }
};

static const struct config_row extended_gb100[] = {
	ROWS_EXTENDED_FSP(0x3a8), ROWS_ATS(0x3a8, 0x3b0), ROWS_PASID(0x3b0, 0xaf0),
	ROWS_DVSEC(0xaf0, 0x2f0), { 0 }
};

static const struct config_row extended_gb20x[] = {
	ROWS_EXTENDED_FSP(0x2b0), ROWS_DVSEC(0x2b0, 0x2f0), { 0 }
};

static const struct config_row extended_sibling[] = {
	ROWS_AER(0x100, 0x160), ROWS_DATA_LINK(0x160, 0), { 0 }
};

/* ---- chips ---- */

#define REGISTER_END	{ UINT32_MAX, 0, 0 }
#define REGISTERS_COMMON \
			{ PMC_BOOT_0, 0, 0 }, \
			{ PMC_BOOT_42, 0, 0 }, \
			{ PMC_ENABLE, 0xffffffff, 0 }

static const struct register_row registers_pascal[] = {
	REGISTERS_COMMON,
	{ 0x0015bc, 0xffffffff, 0 },		/* scratch 15 */
	{ POSTED, POSTED_YES, POSTED_YES },
	REGISTER_END
};

static const struct register_row registers_volta[] = {
	REGISTERS_COMMON,
	{ 0x0015d8, 0xffffffff, 0 },		/* scratch 22 */
	{ POSTED, POSTED_YES, POSTED_YES },
	REGISTER_END
};

static const struct register_row registers_turing[] = {
	REGISTERS_COMMON,
	{ 0x001458, 0xffffffff, 0 },		/* scratch 22, moved */
	{ 0x1fa828, 0, 0 },			/* WPR2 */
	REGISTER_END
};

static const struct register_row registers_blackwell[] = {
	REGISTERS_COMMON,
	{ 0x88a828, 0, 0 },			/* WPR2 */
	REGISTER_END
};

static const struct chip chip_pascal = {
	.boot = BOOT_HOST, .config_mirror = 0x088000, .registers = registers_pascal,
};

static const struct chip chip_volta = {
	.boot = BOOT_HOST, .config_mirror = 0x088000, .registers = registers_volta,
};

static const struct chip chip_turing = {
	.boot = BOOT_GFW, .wpr2_reg = 0x1fa828, .config_mirror = 0x088000,
	.registers = registers_turing,
};

static const struct chip chip_hopper = {
	.boot = BOOT_FSP, .fsp_reg = 0x0200bc, .wpr2_reg = 0x1fa828, .config_mirror = 0x092000,
	.registers = registers_turing,
};

static const struct chip chip_gb100 = {
	.boot = BOOT_FSP, .fsp_reg = 0x0200bc, .wpr2_reg = 0x88a828, .firewall = 0xaf8,
	.config_mirror = 0x092000, .registers = registers_blackwell,
};

static const struct chip chip_gb20x = {
	.boot = BOOT_FSP, .fsp_reg = 0xad00bc, .wpr2_reg = 0x88a828, .firewall = 0x2b8,
	.config_mirror = 0x092000, .registers = registers_blackwell,
};

/* ---- cards ---- */

#define NVIDIA(device)	(0x##device##u << 16 | 0x10de)
#define CLASS_3D_A1	0x030200a1
#define CLASS_VGA_A1	0x030000a1
#define CLASS_AUDIO_A1	0x040300a1
#define CLASS_XHCI_A1	0x0c0330a1
#define CLASS_UCSI_A1	0x0c8000a1

#define BARS_3D(bar1) { \
	[0] = { BAR_MEM32, 16 * MIB }, \
	[1] = { BAR_MEM64_PREF, (bar1) }, \
	[3] = { BAR_MEM64_PREF, 32 * MIB }, \
}
#define BARS_VGA(bar0) { \
	[0] = { BAR_MEM32, (bar0) }, \
	[1] = { BAR_MEM64_PREF, 256 * MIB }, \
	[3] = { BAR_MEM64_PREF, 32 * MIB }, \
	[5] = { BAR_IO, 128 }, \
	[CARD_ROM] = { BAR_ROM, 512 * KIB }, \
}
#define BARS_HOPPER(bar2) { \
	[0] = { BAR_MEM64_PREF, 16 * MIB }, \
	[2] = { BAR_MEM64_PREF, (bar2) }, \
	[4] = { BAR_MEM64_PREF, 32 * MIB }, \
}
#define BARS_AUDIO	{ [0] = { BAR_MEM32, 16 * KIB } }
#define BARS_XHCI	{ [0] = { BAR_MEM64_PREF, 256 * KIB }, [3] = { BAR_MEM64_PREF, 64 * KIB } }
#define BARS_UCSI	{ [0] = { BAR_MEM32, 4 * KIB } }

static const struct card_model models[] = {
	{
		.name = "k80", .chip = &chip_pascal, .boot0 = 0x0f22d0a1, .functions = 1,
		.function[0] = {
			NVIDIA(102d), NVIDIA(106c), CLASS_3D_A1, false,
			caps_early_3d, extended_early, BARS_3D(16 * GIB),
		},
	},
	{
		.name = "m60", .chip = &chip_pascal, .boot0 = 0x124320a1, .functions = 1,
		.function[0] = {
			NVIDIA(13f2), NVIDIA(115e), CLASS_VGA_A1, false,
			caps_early_vga, extended_early, BARS_VGA(16 * MIB),
		},
	},
	{
		.name = "p40", .chip = &chip_pascal, .boot0 = 0x132000a1, .functions = 1,
		.function[0] = {
			NVIDIA(1b38), NVIDIA(11d9), CLASS_3D_A1, false,
			caps_early_3d, extended_early, BARS_3D(32 * GIB),
		},
	},
	{
		.name = "gtx1080", .chip = &chip_pascal, .boot0 = 0x134000a1, .functions = 2,
		.function[0] = {
			NVIDIA(1b80), 0x33621462, CLASS_VGA_A1, false,
			caps_early_vga, extended_early, BARS_VGA(16 * MIB),
		},
		.function[1] = {
			NVIDIA(10f0), 0x33621462, CLASS_AUDIO_A1, false,
			caps_early_3d, extended_sibling, BARS_AUDIO,
		},
	},
	{
		.name = "v100", .chip = &chip_volta, .boot0 = 0x140000a1, .functions = 1,
		.function[0] = {
			NVIDIA(1db4), NVIDIA(1214), CLASS_3D_A1, false,
			caps_early_3d, extended_early, BARS_3D(16 * GIB),
		},
	},
	{
		.name = "t4", .chip = &chip_turing, .boot0 = 0x164000a1, .functions = 1,
		.function[0] = {
			NVIDIA(1eb8), NVIDIA(12a2), CLASS_3D_A1, false,
			caps_turing_3d, extended_early, BARS_3D(256 * MIB),
		},
	},
	{
		.name = "rtx2080", .chip = &chip_turing, .boot0 = 0x164000a1, .functions = 4,
		.function[0] = {
			NVIDIA(1e87), NVIDIA(1e87), CLASS_VGA_A1, true,
			caps_turing_vga, extended_early, BARS_VGA(16 * MIB),
		},
		.function[1] = {
			NVIDIA(10f8), NVIDIA(1e87), CLASS_AUDIO_A1, false,
			caps_turing_sibling, extended_sibling, BARS_AUDIO,
		},
		.function[2] = {
			NVIDIA(1ad8), NVIDIA(1e87), CLASS_XHCI_A1, false,
			caps_turing_sibling, extended_sibling, BARS_XHCI,
		},
		.function[3] = {
			NVIDIA(1ad9), NVIDIA(1e87), CLASS_UCSI_A1, false,
			caps_turing_sibling, extended_sibling, BARS_UCSI,
		},
	},
	{
		.name = "a100", .chip = &chip_turing, .boot0 = 0x170000a1, .functions = 1,
		.function[0] = {
			NVIDIA(20f1), NVIDIA(145f), CLASS_3D_A1, true,
			caps_ampere_3d, extended_ampere, BARS_3D(64 * GIB),
		},
	},
	{
		.name = "rtx3080", .chip = &chip_turing, .boot0 = 0xb72000a1, .functions = 2,
		.function[0] = {
			NVIDIA(2206), NVIDIA(1467), CLASS_VGA_A1, true,
			caps_ampere_vga, extended_ampere, BARS_VGA(16 * MIB),
		},
		.function[1] = {
			NVIDIA(1aef), NVIDIA(1467), CLASS_AUDIO_A1, false,
			caps_ampere_sibling, extended_sibling, BARS_AUDIO,
		},
	},
	{
		.name = "rtx4090", .chip = &chip_turing, .boot0 = 0x192000a1, .functions = 2,
		.function[0] = {
			NVIDIA(2684), 0x40bf1458, CLASS_VGA_A1, true,
			caps_ampere_vga, extended_ada, BARS_VGA(16 * MIB),
		},
		.function[1] = {
			NVIDIA(22ba), 0x40bf1458, CLASS_AUDIO_A1, false,
			caps_ampere_sibling, extended_sibling, BARS_AUDIO,
		},
	},
	{
		.name = "h100", .chip = &chip_hopper, .boot0 = 0x180000a1, .functions = 1,
		.function[0] = {
			NVIDIA(2331), NVIDIA(1626), CLASS_3D_A1, true,
			caps_hopper, extended_hopper, BARS_HOPPER(128 * GIB),
		},
	},
	{
		.name = "gh200", .chip = &chip_hopper, .boot0 = 0x180000a1, .functions = 1,
		.sbr_kills = true,
		.function[0] = {
			NVIDIA(2342), NVIDIA(16eb), CLASS_3D_A1, true,
			caps_hopper, extended_hopper, BARS_HOPPER(128 * GIB),
		},
	},
	{
		.name = "b200", .chip = &chip_gb100, .boot0 = 0x1a0000a1, .functions = 1,
		.function[0] = {
			NVIDIA(2901), NVIDIA(1999), CLASS_3D_A1, true,
			caps_gb100, extended_gb100, BARS_HOPPER(256 * GIB),
		},
	},
	{
		.name = "rtx5090", .chip = &chip_gb20x, .boot0 = 0x1b2000a1, .functions = 2,
		.function[0] = {
			NVIDIA(2b85), 0x416f1458, CLASS_VGA_A1, true,
			caps_gb20x_vga, extended_gb20x, BARS_VGA(64 * MIB),
		},
		.function[1] = {
			NVIDIA(22e8), 0x416f1458, CLASS_AUDIO_A1, false,
			caps_gb20x_sibling, extended_sibling, BARS_AUDIO,
		},
	},
	{
		.name = "rtx5070ti", .chip = &chip_gb20x, .boot0 = 0x1b3000a1, .functions = 2,
		.function[0] = {
			NVIDIA(2c05), NVIDIA(2c05), CLASS_VGA_A1, true,
			caps_gb20x_vga, extended_gb20x, BARS_VGA(64 * MIB),
		},
		.function[1] = {
			NVIDIA(22e9), NVIDIA(2c05), CLASS_AUDIO_A1, false,
			caps_gb20x_sibling, extended_sibling, BARS_AUDIO,
		},
	},
	{
		/* An ID that no table has, and PMC_BOOT_0 as nova-core expects of cards to come. */
		.name = "future", .chip = &chip_pascal, .boot0 = 0x000001a1,
		.boot42 = 0x202a1000, .functions = 1,
		.function[0] = {
			NVIDIA(3fff), NVIDIA(3fff), CLASS_VGA_A1, true,
			caps_ampere_vga, extended_ampere, BARS_VGA(16 * MIB),
		},
	},
};

/* ---- behaviour ---- */

static const char *const level_names[] = { "flr", "sbr", "power", "never" };
static const char *const count_names[COUNTS] = { "flr", "sbr", "power", "cto", "bar0-lost", "storm" };
static const char *const hang_names[] = { "none", "config", "bar", "badf" };
static const char *const flr_mode_names[] = { "normal", "never", "kills" };
static const char *const fault_names[] = {
	"wpr2", "sec", "firewall", "boot-stuck", "chip-kept", "link-dead",
};

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

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

static uint64_t later(uint64_t a_us, uint64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static uint64_t after_ms(uint64_t now_us, uint32_t ms)
{
	return now_us == NEVER_US ? NEVER_US : now_us + (uint64_t)ms * 1000;
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

/* The size that BAR 1 has after a reset. */
static void rebar_default(struct function *f)
{
	unsigned int size = 0;

	while (MIB << size < f->bars[REBAR_BAR].bytes)
		size++;
	f->reset[(f->rebar + REBAR_SIZES) / 4] |= 0x10u << size;
	f->reset[(f->rebar + REBAR_CONTROL) / 4] &= ~REBAR_SIZE;
	f->reset[(f->rebar + REBAR_CONTROL) / 4] |= size << 8;
}

/* BAR 1 follows the size in its control register. */
static void rebar_apply(struct function *f)
{
	unsigned int size = (f->value[(f->rebar + REBAR_CONTROL) / 4] & REBAR_SIZE) >> 8;
	unsigned int dword = PCI_BAR0 / 4 + REBAR_BAR;

	f->bars[REBAR_BAR].bytes = MIB << size;
	bar_row(f, REBAR_BAR);
	f->value[dword] = (f->value[dword] & f->rw[dword]) | f->reset[dword];
	f->value[dword + 1] &= f->rw[dword + 1];
}

static void config_rows(struct function *f, const struct config_row *row)
{
	/* The list ends with a row without bits. */
	for (; row->reset || row->rw || row->w1c; row++) {
		unsigned int dword = row->offset / 4;

		f->reset[dword] = row->reset;
		f->rw[dword] = row->rw;
		f->w1c[dword] = row->w1c;
		f->keep[dword] = row->keep;
	}
}

static void function_init(struct card *card, unsigned int fn)
{
	const struct function_model *model = &card->model->function[fn];
	/* COMMAND: I/O, memory, bus master, parity, SERR and INTx disable can be set. */
	const struct config_row header[] = {
		{ 0x00, model->id, 0, 0, 0 },
		{ PCI_COMMAND, 0x00100000, 0x00000547, 0xf9000000, 0 },
		{ 0x08, model->class, 0, 0, 0 },
		{ PCI_HEADER, card->model->functions > 1 ? HEADER_MULTIFUNCTION : 0, 0xff, 0, 0 },
		{ 0x2c, model->subsystem, 0, 0, 0 },
		/* The lists of capabilities begin with the first one. */
		{ PCI_CAP_POINTER, model->capabilities->offset, 0, 0, 0 },
		{ 0x3c, (fn + 1) << 8, 0x000000ff, 0, 0 },
		{ 0 },
	};
	struct function *f = &card->function[fn];

	memset(f, 0, sizeof(*f));
	memcpy(f->bars, model->bars, sizeof(f->bars));
	config_rows(f, header);
	config_rows(f, model->capabilities);
	config_rows(f, model->extended);
	for (unsigned int at = model->capabilities->offset, cap; at; at = cap >> 8 & 0xff) {
		cap = f->reset[at / 4];
		if ((cap & 0xff) == CAP_PM)
			f->pm = at;
		if ((cap & 0xff) == CAP_EXPRESS)
			f->express = at;
	}
	for (unsigned int at = EXTENDED_CAPS; at; at = f->reset[at / 4] >> 20)
		if ((f->reset[at / 4] & 0xffff) == CAP_REBAR)
			f->rebar = at;
	if (f->rebar)
		rebar_default(f);
	if (model->flr)
		f->reset[(f->express + DEVICE_CAP) / 4] |= DEVICE_CAP_FLR;
	for (unsigned int bar = 0; bar < CARD_BARS; bar++)
		bar_row(f, bar);
}

static void function_reset(struct function *f, bool flr)
{
	for (unsigned int i = 0; i < CONFIG_DWORDS; i++) {
		uint32_t keep = flr ? f->keep[i] : 0;

		f->value[i] = (f->reset[i] & ~keep) | (f->value[i] & keep);
	}
	f->soiled = false;
	if (f->rebar)
		rebar_apply(f);
}

static uint32_t boot42(const struct card *card)
{
	uint32_t boot0 = card->model->boot0;

	return card->model->boot42 ?: ((boot0 & 0x1ff00000) | (boot0 & 0xff) << 12);
}

/* Registers lose their contents; who POSTs the card is told by @posted. */
static void registers_reset(struct card *card, bool posted)
{
	const struct register_row *row = card->model->chip->registers;

	for (unsigned int i = 0; row[i].offset != UINT32_MAX; i++) {
		if (row[i].offset == PMC_BOOT_0)
			card->registers[i] = card->model->boot0;
		else if (row[i].offset == PMC_BOOT_42)
			card->registers[i] = boot42(card);
		else if (row[i].offset != card->model->chip->wpr2_reg ||
			 !card->fault[FAULT_WPR2])
			card->registers[i] = posted ? row[i].posted : 0;
	}
}

static int register_index(const struct card *card, uint64_t offset)
{
	const struct register_row *row = card->model->chip->registers;

	for (int i = 0; row[i].offset != UINT32_MAX; i++)
		if (row[i].offset == offset)
			return i;
	return -1;
}

static uint32_t wpr2(const struct card *card)
{
	return card->model->chip->wpr2_reg ?
	       card->registers[register_index(card, card->model->chip->wpr2_reg)] : 0;
}

static bool booted(const struct card *card, uint64_t now_us)
{
	return !card->fault[FAULT_BOOT] && now_us >= card->booted_us;
}

static bool firewall_up(const struct card *card, uint64_t now_us)
{
	return card->model->chip->firewall &&
	       (card->fault[FAULT_FIREWALL] || now_us < card->firewall_us);
}

/* Why config space and BAR 0 do not answer yet, or firmware is not done; NULL when all do. */
static const char *why_not_ready(const struct card *card, uint64_t now_us)
{
	if (!card->powered || card->lost)
		return "off";
	if (!card->link || card_link_dead(card))
		return "link";
	if (card->hang != HANG_NONE)
		return "hang";
	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		if (now_us < card->function[fn].ready_us)
			return "not-ready";
	if (card->fault[FAULT_SEC])
		return "sec";
	if (firewall_up(card, now_us))
		return "firewall";
	if (card->model->chip->boot != BOOT_HOST && !booted(card, now_us))
		return "boot";
	return NULL;
}

/* The part of a reset that concerns the chip behind function 0. */
static void chip_reset(struct card *card, enum level level, uint64_t ready_us, bool posted)
{
	for (unsigned int i = 0; i < FAULTS; i++)
		if (card->fault_level[i] <= level)
			card->fault[i] = false;
	if (card->hang_level <= level)
		card->hang = HANG_NONE;
	if (card->scramble.level <= level)
		card->scramble.on = false;
	if (card->fault[FAULT_CHIP_KEPT])
		return;
	registers_reset(card, posted);
	card->booted_us = card->boot_ms < 0 ? NEVER_US : after_ms(ready_us, card->boot_ms);
	card->firewall_us = after_ms(ready_us, card->firewall_ms);
	if (posted) {
		card->booted_us = 0;
		card->firewall_us = 0;
	}
}

/* A reset of @level that reaches every function of the card. */
static void card_reset(struct card *card, enum level level, uint64_t ready_us, bool posted)
{
	card->was_reset = !posted;
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		function_reset(&card->function[fn], false);
		card->function[fn].ready_us = ready_us;
	}
	if (level >= LEVEL_POWER) {
		card->lost = false;
		card->width_next = 0;
		card->speed_limit = 0;
	}
	chip_reset(card, level, ready_us, posted);
}

/* Faults off and the card usable at once; config space stays as it is. */
static void card_heal(struct card *card, uint64_t now_us)
{
	if (why_not_ready(card, now_us))
		card->mended_us = now_us;
	memset(card->fault, 0, sizeof(card->fault));
	if (card->model->chip->wpr2_reg)
		card->registers[register_index(card, card->model->chip->wpr2_reg)] = 0;
	card->hang = HANG_NONE;
	card->scramble.on = false;
	card->flr_mode = FLR_NORMAL;
	card->sbr_ignored = false;
	card->hda_off = false;
	card->storm = false;
	card->cto = false;
	card->d3cold_lose = false;
	card->lost = false;
	card->width_next = 0;
	card->link_width = card->port_width;
	card->speed_limit = 0;
	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		card->function[fn].ready_us = earlier(card->function[fn].ready_us, now_us);
	card->booted_us = earlier(card->booted_us, now_us);
	card->firewall_us = earlier(card->firewall_us, now_us);
}

static void card_defaults(struct card *card)
{
	card->not_ready_ones = false;
	card->flr_ready_ms = DEFAULT_READY_MS;
	card->sbr_ready_ms = DEFAULT_READY_MS;
	card->firewall_ms = DEFAULT_FIREWALL_MS;
	card->boot_ms = DEFAULT_BOOT_MS;
}

void card_init(struct card *card, const char *name, const struct card_model *model)
{
	memset(card, 0, sizeof(*card));
	card->name = name;
	card->model = model;
	card->powered = true;
	card->link = true;
	card->port_width = LINK_WIDTH;
	card->link_width = LINK_WIDTH;
	card->link_speed = LINK_SPEED;
	for (unsigned int fn = 0; fn < model->functions; fn++)
		function_init(card, fn);
	card_defaults(card);
	card_reset(card, LEVEL_POWER, 0, true);
}

void card_set_bar1(struct card *card, uint64_t bytes)
{
	struct function *f = &card->function[0];
	/* A 64 bit BAR 0 takes the place of two. */
	unsigned int bar = f->bars[0].kind == BAR_MEM64_PREF ? 2 : 1;

	f->bars[bar].bytes = bytes;
	bar_row(f, bar);
	if (f->rebar) {
		rebar_default(f);
		function_reset(f, false);
	}
}

void card_set_elsewhere(struct card *card, unsigned int fn)
{
	card->elsewhere |= 1U << fn;
}

void card_set_integrated(struct card *card)
{
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		struct function *f = &card->function[fn];

		f->reset[f->express / 4] &= ~EXPRESS_TYPE;
		f->reset[f->express / 4] |= EXPRESS_INTEGRATED;
		f->value[f->express / 4] = f->reset[f->express / 4];
	}
}

enum answer {
	ANSWER,
	ANSWER_ONES,
	ANSWER_RRS,
};

/* The chip hides its audio function when that is not turned on. */
static bool audio_hidden(const struct card *card)
{
	return card->hda_off && !(card->function[0].value[HDA_CONTROL / 4] & HDA_ENABLE);
}

/* Nothing on the card completes a request. */
static bool card_silent(const struct card *card)
{
	return !card->link || card_link_dead(card) || card->hang == HANG_CONFIG;
}

static bool function_hidden(const struct card *card, unsigned int fn)
{
	return card->model->function[fn].class >> 16 == CLASS_AUDIO && audio_hidden(card);
}

static enum answer card_answer(const struct card *card, unsigned int fn, uint64_t now_us)
{
	if (card_silent(card) || function_hidden(card, fn))
		return ANSWER_ONES;
	if (now_us < card->function[fn].ready_us)
		return card->not_ready_ones ? ANSWER_ONES : ANSWER_RRS;
	return ANSWER;
}

/* A dword of config space with the bits that follow the state of the card. */
static uint32_t config_dword(const struct card *card, unsigned int fn, unsigned int dword,
			     uint64_t now_us)
{
	const struct function *f = &card->function[fn];
	uint32_t value = f->value[dword];

	if (dword == (f->express + LINK_CONTROL) / 4)
		value = (value & ~LINK_STATUS_LINK) | card->link_width << 20 |
			card->link_speed << 16;
	if (fn == 0 && dword == PCI_HEADER / 4 && card->model->functions == 2 &&
	    audio_hidden(card))
		value &= ~HEADER_MULTIFUNCTION;
	if (fn == 0 && dword == card->model->chip->firewall / 4 && firewall_up(card, now_us))
		value |= FIREWALL_UP;
	return value;
}

static bool is_scrambled(const struct card *card)
{
	return card->scramble.on && !card->scramble.after;
}

/* Counts a read of config space. Return: it gives all-ones. */
static bool scramble_step(struct card *card)
{
	struct scramble *s = &card->scramble;

	if (!s->on)
		return false;
	if (s->after) {
		s->after--;
		return false;
	}
	if (!s->ones)
		return false;
	s->ones--;
	return true;
}

static uint32_t scrambled_config(const struct card *card, unsigned int fn, unsigned int dword,
				 uint64_t now_us)
{
	uint32_t value = config_dword(card, fn, dword, now_us);
	uint32_t mask = card->scramble.mask[fn][dword];

	return (value & ~mask) | (card->scramble.bits[fn][dword] & mask);
}

/* The same dword as whoever reads it sees it. */
static uint32_t seen_config(const struct card *card, unsigned int fn, unsigned int dword,
			    uint64_t now_us)
{
	return is_scrambled(card) ? scrambled_config(card, fn, dword, now_us) :
				    config_dword(card, fn, dword, now_us);
}

/* A read never crosses a dword: the bus above splits it. */
uint32_t card_config_read(struct card *card, unsigned int fn, unsigned int offset,
			  unsigned int bytes, bool rrs_visible, uint64_t now_us)
{
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
	if (scramble_step(card))
		return ones(bytes);
	return seen_config(card, fn, offset / 4, now_us) >> (8 * (offset % 4)) & ones(bytes);
}

/* A reset makes the link come up with fewer lanes, if that was asked for. */
static void link_narrow(struct card *card)
{
	card->link_width = least(card->port_width, card->width_next);
	if (!card->width_keep)
		card->width_next = 0;
}

static void card_flr(struct card *card, unsigned int fn, uint64_t now_us)
{
	struct function *f = &card->function[fn];

	card->count[LEVEL_FLR]++;
	event(card, "FLR fn%u %s", fn, flr_mode_names[card->flr_mode]);
	function_reset(f, true);
	card->was_reset = true;
	f->ready_us = card->flr_mode == FLR_NEVER ? NEVER_US :
						   after_ms(now_us, card->flr_ready_ms);
	if (fn == 0)
		chip_reset(card, LEVEL_FLR, f->ready_us, false);
	if (card->width_next)
		link_narrow(card);
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

	if (f->rebar && dword == (f->rebar + REBAR_CONTROL) / 4) {
		unsigned int size = (f->value[dword] & REBAR_SIZE) >> 8;

		if (size > 27 || !(f->reset[(f->rebar + REBAR_SIZES) / 4] & 0x10u << size))
			f->value[dword] = old;
		rebar_apply(f);
		event(card, "REBAR fn%u size %u", fn,
		      (f->value[dword] & REBAR_SIZE) >> 8);
	}
	if (dword == (f->pm + PM_CONTROL) / 4 && (old ^ f->value[dword]) & PM_STATE)
		event(card, "PM fn%u D%u->D%u", fn, old & PM_STATE,
		      f->value[dword] & PM_STATE);
	if (dword == (f->express + DEVICE_CONTROL) / 4 && value & DEVICE_CONTROL_FLR &&
	    f->value[(f->express + DEVICE_CAP) / 4] & DEVICE_CAP_FLR)
		card_flr(card, fn, now_us);
}

static bool bar_decodes(const struct function *f, unsigned int bar)
{
	uint32_t command = f->value[PCI_COMMAND / 4];

	if (f->value[(f->pm + PM_CONTROL) / 4] & PM_STATE)
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
	const struct chip *chip = card->model->chip;
	/* Where the siblings' would be from Hopper on is not known. */
	unsigned int functions = chip->boot == BOOT_FSP ? 1 : card->model->functions;
	uint64_t into = offset - chip->config_mirror;

	if (offset < chip->config_mirror || into >= functions * CONFIG_MIRROR_STEP ||
	    into % CONFIG_MIRROR_STEP >= CONFIG_BYTES)
		return false;
	*fn = into / CONFIG_MIRROR_STEP;
	*dword = into % CONFIG_MIRROR_STEP / 4;
	return true;
}

/* What makes a chip known and usable, as a scramble shows it. */
static bool register_scrambled(const struct card *card, uint64_t offset, uint32_t *value)
{
	const struct chip *chip = card->model->chip;
	const struct scramble *s = &card->scramble;

	if (!is_scrambled(card) || !s->registers)
		return false;
	if (offset == PMC_BOOT_0)
		*value = s->boot0;
	else if (offset == GFW_BOOT_PROGRESS || offset == GFW_BOOT_PLM ||
		 (chip->fsp_reg && offset == chip->fsp_reg))
		*value = s->progress;
	else if (chip->wpr2_reg && offset == chip->wpr2_reg)
		*value = s->wpr2;
	else
		return false;
	return true;
}

static uint32_t register_read(const struct card *card, uint64_t offset, uint64_t now_us)
{
	const struct chip *chip = card->model->chip;
	bool done = booted(card, now_us);
	unsigned int fn, dword;
	uint32_t value;
	int i;

	if (register_scrambled(card, offset, &value))
		return value;
	if (config_mirror(card, offset, &fn, &dword))
		return config_dword(card, fn, dword, now_us);
	if (chip->boot == BOOT_GFW) {
		if (offset == GFW_BOOT_PLM)
			return done ? 0x00000001 : 0;
		if (offset == GFW_BOOT_PROGRESS)
			return done ? 0x000003ff : 0x00000001;
		if (offset == POSTED)
			return done ? POSTED_YES : 0;
	}
	if (chip->boot == BOOT_FSP && offset == chip->fsp_reg)
		return done ? 0x000000ff : 0x00000001;
	i = register_index(card, offset);
	return i < 0 ? 0 : card->registers[i];
}

/*
 * Enough of an xHCI controller for the kernel's early handoff: it is halted,
 * and has no extended capabilities.
 */
static uint32_t xhci_read(uint64_t offset)
{
	switch (offset) {
	case 0x00:	/* CAPLENGTH, HCIVERSION */
		return 0x01100020;
	case 0x24:	/* USBSTS */
		return 0x00000001;
	}
	return 0;
}

/* The dword of a BAR that holds @offset. */
static uint32_t bar_dword(const struct card *card, unsigned int fn, unsigned int bar,
			  uint64_t offset, uint64_t now_us)
{
	const struct function *f = &card->function[fn];
	bool registers = fn == 0 && bar == 0;

	if (card_answer(card, fn, now_us) != ANSWER || !bar_decodes(f, bar) ||
	    card->hang == HANG_BAR || (fn == 0 && firewall_up(card, now_us)))
		return UINT32_MAX;
	if (card->hang == HANG_BADF)
		return registers ? PRI_ERROR : UINT32_MAX;
	if (card->fault[FAULT_SEC] && fn == 0)
		return registers ? SEC_ERROR : UINT32_MAX;
	/* No ROM image, as on a card whose ROM the host has hidden. */
	if (bar == CARD_ROM)
		return UINT32_MAX;
	if (registers)
		return register_read(card, offset, now_us);
	if (card->model->function[fn].class >> 8 == CLASS_XHCI && bar == 0)
		return xhci_read(offset);
	return 0;
}

/* A read without a completion: who asked waits for it until a time limit (PCIe 2.8). */
static void read_lost(struct card *card)
{
	if (card->cto && card->timed_out && card->timed_out(card))
		card->count[COUNT_CTO]++;
}

/* What the card does not decode it completes, with an error; and so it does in a reset. */
static bool bar_read_lost(const struct card *card, unsigned int fn, unsigned int bar,
			  uint64_t now_us)
{
	return card_silent(card) ||
	       (card->hang == HANG_BAR && card_answer(card, fn, now_us) == ANSWER &&
		bar_decodes(&card->function[fn], bar));
}

uint64_t card_bar_read(struct card *card, unsigned int fn, unsigned int bar,
		       uint64_t offset, unsigned int bytes, uint64_t now_us)
{
	uint64_t value = bar_dword(card, fn, bar, offset & ~3ULL, now_us);

	if (bar_read_lost(card, fn, bar, now_us)) {
		if (fn == 0 && bar == 0)
			card->count[COUNT_BAR0_LOST]++;
		read_lost(card);
	}
	if (bytes == 8)
		return value | (uint64_t)bar_dword(card, fn, bar, (offset & ~3ULL) + 4,
						   now_us) << 32;
	return value >> (8 * (offset % 4)) & ones(bytes);
}

/*
 * A port passes on what is in its windows without knowing the BARs, and those of a silent
 * card may be off since before it fell silent. Its reads are taken for reads of BAR 0.
 */
void card_read_unclaimed(struct card *card)
{
	if (!card_silent(card))
		return;
	card->count[COUNT_BAR0_LOST]++;
	read_lost(card);
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
	    card->fault[FAULT_SEC] || firewall_up(card, now_us) ||
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
	rw = card->model->chip->registers[i].rw;
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
	if (!card->powered || card->lost || card->sbr_ignored)
		return;
	/* The time until the card is ready counts from the release. */
	card_reset(card, LEVEL_SBR, asserted ? NEVER_US : after_ms(now_us, card->sbr_ready_ms),
		   false);
	if (card->model->sbr_kills) {
		card->hang = HANG_CONFIG;
		card->hang_level = LEVEL_POWER;
	}
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

void card_port_d3(struct card *card)
{
	if (!card->d3cold_lose)
		return;
	event(card, "POWER lost");
	card->lost = true;
}

bool card_link_dead(const struct card *card)
{
	return !card->powered || card->lost || card->pulled || card->fault[FAULT_LINK];
}

bool card_link_sound(const struct card *card)
{
	return !card_link_dead(card) && !card->speed_limit;
}

bool card_train(struct card *card, unsigned int width, unsigned int speed)
{
	const struct function *f = &card->function[0];

	if (card_link_dead(card))
		return false;
	/* A link that is up falls back to what it was. */
	if (card->speed_limit && speed > card->speed_limit)
		return card->link;
	card->link_speed = least(speed, f->reset[(f->express + LINK_CAP) / 4] & 0xf);
	card->port_width = least(width, LINK_WIDTH);
	if (!card->link && card->width_next)
		link_narrow(card);
	else if (!card->link || !card->width_keep || !card->width_next)
		card->link_width = card->port_width;
	event(card, "TRAIN x%u speed %u", card->link_width, card->link_speed);
	return true;
}

void card_link(struct card *card, bool up, uint64_t now_us)
{
	if (card->link == up)
		return;
	card->link = up;
	if (up)
		card->link_us = now_us;
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

/* xorshift64* (Vigna 2016) */
static uint32_t chance(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ULL >> 32;
}

static uint32_t one_of(uint64_t *state, const uint32_t *values, unsigned int count)
{
	return values[chance(state) % count];
}

static void scramble_bits(struct scramble *s, unsigned int fn, unsigned int offset, uint32_t mask,
			  uint32_t bits)
{
	s->mask[fn][offset / 4] |= mask;
	s->bits[fn][offset / 4] = (s->bits[fn][offset / 4] & ~mask) | (bits & mask);
}

/* Somewhere in the list, or nowhere near it. */
static unsigned int a_capability(uint64_t *state, const struct function *f)
{
	const unsigned int at[] = { f->pm, f->express, 0x68, 0x48, 0xb4, chance(state) & 0xfc };

	return at[chance(state) % ARRAY_SIZE(at)];
}

static unsigned int an_extended(uint64_t *state, const struct card *card)
{
	const unsigned int at[] = {
		EXTENDED_CAPS, card->model->chip->firewall ? card->model->chip->firewall - 8 : 0x250,
		0x12c, 0x420, 0x600, EXTENDED_CAPS + chance(state) % (CONFIG_BYTES - EXTENDED_CAPS),
	};

	return at[chance(state) % ARRAY_SIZE(at)] & ~3U;
}

/* One thing that is wrong with function @fn. */
static void scramble_function(struct card *card, unsigned int fn, uint64_t *state)
{
	static const uint32_t absurd[] = { 0, 0xffffffff, 0xfffffff0, 0x0000000c, 0x00000001,
					   0xfee00000, 0x000a0000 };
	const struct function *f = &card->function[fn];
	struct scramble *s = &card->scramble;
	unsigned int from, to, at;

	switch (chance(state) % 14) {
	case 0:	/* the list begins elsewhere */
		scramble_bits(s, fn, PCI_CAP_POINTER, 0xff, chance(state));
		return;
	case 1:	/* a loop, or the list goes on elsewhere */
		scramble_bits(s, fn, a_capability(state, f), 0xff00, a_capability(state, f) << 8);
		return;
	case 2:	/* capabilities that are none, or of another kind */
		for (unsigned int i = 0; i < 3; i++)
			scramble_bits(s, fn, a_capability(state, f), 0xff, chance(state) & 0x1f);
		return;
	case 3:	/* the same of the extended list */
		scramble_bits(s, fn, an_extended(state, card), 0xfff00000,
			      an_extended(state, card) << 20);
		return;
	case 4:
		scramble_bits(s, fn, an_extended(state, card), 0xffffffff, chance(state));
		return;
	case 5:	/* two that are one another's next, of the kind of the firewall's */
		from = EXTENDED_CAPS;
		to = 0x300 + (chance(state) & 0xfc);
		scramble_bits(s, fn, from, 0xffffffff, to << 20 | 0x10023);
		scramble_bits(s, fn, from + 4, 0xffff, chance(state));
		scramble_bits(s, fn, to, 0xffffffff, from << 20 | 0x10023);
		scramble_bits(s, fn, to + 4, 0xffff, chance(state));
		return;
	case 6:	/* header type */
		scramble_bits(s, fn, PCI_HEADER, 0x00ff0000, chance(state));
		return;
	case 7:	/* BARs, which is what most depends on */
	case 12:
	case 13:
		for (at = PCI_BAR0; at < PCI_BAR0 + 24; at += 4)
			if (chance(state) & 1)
				scramble_bits(s, fn, at, 0xffffffff, chance(state) & 1 ?
					      one_of(state, absurd, ARRAY_SIZE(absurd)) :
					      chance(state));
		return;
	case 8:	/* identity or class */
		scramble_bits(s, fn, chance(state) & 1 ? 0 : 8, 0xffffffff, chance(state));
		return;
	case 9:	/* all-ones in the middle */
		from = chance(state) % CONFIG_BYTES;
		to = from + chance(state) % 0x200;
		for (at = from & ~3U; at < to && at < CONFIG_BYTES; at += 4)
			scramble_bits(s, fn, at, 0xffffffff, 0xffffffff);
		return;
	case 10:	/* anything behind the header */
		for (at = 0x40; at < CONFIG_BYTES; at += 4)
			if (chance(state) % 4 == 0)
				scramble_bits(s, fn, at, 0xffffffff, chance(state));
		return;
	case 11:	/* COMMAND and Status, Express capability */
		scramble_bits(s, fn, PCI_COMMAND, 0xffffffff, chance(state));
		for (at = f->express; at < f->express + 0x34; at += 4)
			scramble_bits(s, fn, at, 0xffffffff, chance(state));
		return;
	}
}

/* One dword of config space, whatever is behind it. */
static void do_config(struct command *c)
{
	struct scramble *s = &c->card->scramble;
	long long fn, offset, value;

	if (!number(c, 1, 10, 0, c->card->model->functions - 1, &fn) ||
	    !number(c, 2, 16, 0, CONFIG_BYTES - 4, &offset) ||
	    !number(c, 3, 16, 0, UINT32_MAX, &value))
		return;
	if (!s->on)
		memset(s, 0, sizeof(*s));
	s->on = true;
	s->level = LEVEL_NEVER;
	scramble_bits(s, fn, offset, UINT32_MAX, value);
}

static void do_scramble(struct command *c)
{
	/* None of them any architecture that there is. */
	static const uint32_t boot0[] = { 0, 0xffffffff, 0xbadf1100, 0xbad00200, 0x052000a1 };
	static const uint32_t progress[] = { 0, 1, 0x7e, 0xffffff00, 0xffffffff };
	struct card *card = c->card;
	struct scramble *s = &card->scramble;
	long long seed, after = 0;
	unsigned int level;
	uint64_t state;

	if (!number(c, 1, 10, 0, UINT32_MAX, &seed) ||
	    !pick(c, 2, level_names, ARRAY_SIZE(level_names), &level) ||
	    (c->args == 4 && !number(c, 3, 10, 0, 1000000, &after)))
		return;
	memset(s, 0, sizeof(*s));
	state = seed * 2654435761ULL + 88172645463325252ULL;
	for (unsigned int i = 0; i < 8; i++)
		chance(&state);
	s->on = true;
	s->level = level;
	s->after = after;
	if (chance(&state) % 8 == 0)
		s->ones = 1 + chance(&state) % 64;
	for (unsigned int n = 1 + chance(&state) % 3; n--;)
		scramble_function(card, chance(&state) % card->model->functions, &state);
	if (chance(&state) % 4)
		return;
	s->registers = true;
	s->boot0 = one_of(&state, boot0, ARRAY_SIZE(boot0));
	s->progress = chance(&state) & 1 ? 0xff : one_of(&state, progress, ARRAY_SIZE(progress));
	s->wpr2 = chance(&state) | 0x10;
	/* WPR2 alone is enough, where there is one. */
	if (card->model->chip->wpr2_reg && chance(&state) & 1)
		s->boot0 = card->model->boot0;
}

/* The extended list of function @fn ends where it would lead back. */
static void end_list(struct card *card, unsigned int fn, uint64_t now_us)
{
	bool passed[CONFIG_DWORDS] = {};
	unsigned int at, next;

	for (at = EXTENDED_CAPS; at >= EXTENDED_CAPS; at = next) {
		passed[at / 4] = true;
		next = scrambled_config(card, fn, at / 4, now_us) >> 20 & ~3U;
		if (passed[next / 4]) {
			scramble_bits(&card->scramble, fn, at, 0xfff00000, 0);
			return;
		}
	}
}

static void do_finite(struct command *c)
{
	if (!c->card->scramble.on) {
		answer(c, "err nothing is scrambled");
		return;
	}
	for (unsigned int fn = 0; fn < c->card->model->functions; fn++)
		end_list(c->card, fn, c->now_us);
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

static void do_firewall_ms(struct command *c)
{
	long long ms;

	if (!c->card->model->chip->firewall)
		answer(c, "err a %s has no BAR firewall", c->card->model->name);
	else if (number(c, 1, 10, 0, LIMIT_MS, &ms))
		c->card->firewall_ms = ms;
}

static void do_fault(struct command *c)
{
	const struct chip *chip = c->card->model->chip;
	struct card *card = c->card;
	unsigned int fault = 0, level;

	while (strcmp(fault_names[fault], c->arg[0]))
		fault++;
	if ((fault == FAULT_WPR2 && !chip->wpr2_reg) ||
	    (fault == FAULT_FIREWALL && !chip->firewall) ||
	    (fault == FAULT_BOOT && chip->boot == BOOT_HOST)) {
		answer(c, "err a %s cannot have %s", card->model->name, c->arg[0]);
		return;
	}
	if (!pick(c, 1, level_names, ARRAY_SIZE(level_names), &level))
		return;
	if (fault == FAULT_LINK && level == LEVEL_FLR) {
		answer(c, "err an FLR cannot reach a card without a link");
		return;
	}
	card->fault[fault] = true;
	card->fault_level[fault] = level;
	if (fault == FAULT_WPR2)
		card->registers[register_index(card, chip->wpr2_reg)] = WPR2_VALUE;
}

static void do_link_width(struct command *c)
{
	long long width;

	if (!number(c, 1, 10, 1, LINK_WIDTH, &width))
		return;
	if (c->args == 3 && strcmp(c->arg[2], "keep")) {
		answer(c, "err link-width does not know '%s'", c->arg[2]);
		return;
	}
	c->card->width_next = width;
	c->card->width_keep = c->args == 3;
}

static void do_link_speed(struct command *c)
{
	long long speed;

	if (number(c, 1, 10, 1, 5, &speed))
		c->card->speed_limit = speed;
}

static void do_hda(struct command *c)
{
	static const char *const names[] = { "on", "off" };
	unsigned int mode;

	if (c->card->model->functions == 1 || c->card->model->chip->boot == BOOT_FSP)
		answer(c, "err a %s has no audio function to turn off", c->card->model->name);
	else if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->hda_off = mode;
}

static void do_storm(struct command *c)
{
	static const char *const names[] = { "off", "on" };
	unsigned int mode;

	if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->storm = mode;
}

static void do_cto(struct command *c)
{
	static const char *const names[] = { "off", "on" };
	unsigned int mode;

	if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->cto = mode;
}

static void do_d3cold(struct command *c)
{
	static const char *const names[] = { "keep", "lose" };
	unsigned int mode;

	if (pick(c, 1, names, ARRAY_SIZE(names), &mode))
		c->card->d3cold_lose = mode;
}

static void do_count(struct command *c)
{
	unsigned int what;

	if (pick(c, 1, count_names, COUNTS, &what))
		answer(c, "ok %u", c->card->count[what]);
}

static void do_clear(struct command *c)
{
	memset(c->card->count, 0, sizeof(c->card->count));
}

/*
 * A guest has programmed every function. A driver of the GPU enables its host engine; the
 * siblings have no registers here, and config space is what a kernel saves and restores.
 */
static void do_soil(struct command *c)
{
	struct card *card = c->card;

	card->registers[register_index(card, PMC_ENABLE)] |= PMC_ENABLE_PFIFO;
	for (unsigned int fn = 1; fn < card->model->functions; fn++)
		card->function[fn].soiled = !function_hidden(card, fn);
}

static bool function_soiled(const struct card *card, unsigned int fn)
{
	return fn ? card->function[fn].soiled :
		    card->registers[register_index(card, PMC_ENABLE)] != 0;
}

static void do_soiled(struct command *c)
{
	char list[2 * CARD_FUNCTIONS + 1] = "";
	size_t used = 0;

	for (unsigned int fn = 0; fn < c->card->model->functions; fn++)
		if (function_soiled(c->card, fn))
			used += snprintf(list + used, sizeof(list) - used, " %u", fn);
	answer(c, "ok%s", used ? list : " none");
}

static void do_state(struct command *c)
{
	struct card *card = c->card;

	if (!card->powered || card->lost || card->pulled) {
		answer(c, "ok off");
		return;
	}
	if (!card->link || card_link_dead(card)) {
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

/* Whether a memory BAR has an address: not 0, and not what sizing leaves behind. */
static bool bar_assigned(const struct function *f, unsigned int bar)
{
	const uint32_t *value = &f->value[PCI_BAR0 / 4 + bar];
	uint64_t mask = ~(f->bars[bar].bytes - 1), base = value[0];

	switch (f->bars[bar].kind) {
	case BAR_MEM32:
		mask &= UINT32_MAX;
		break;
	case BAR_MEM64_PREF:
		base |= (uint64_t)value[1] << 32;
		break;
	default:
		return true;
	}
	base &= mask;
	return base && base != mask;
}

/* A memory BAR is not where it seems to be. */
static bool bar_moved(const struct card *card, unsigned int fn, unsigned int bar, uint64_t now_us)
{
	const struct function *f = &card->function[fn];
	unsigned int dword = PCI_BAR0 / 4 + bar;

	if (f->bars[bar].kind != BAR_MEM32 && f->bars[bar].kind != BAR_MEM64_PREF)
		return false;
	if ((seen_config(card, fn, dword, now_us) ^ f->value[dword]) & ~0xfU)
		return true;
	return f->bars[bar].kind == BAR_MEM64_PREF &&
	       seen_config(card, fn, dword + 1, now_us) != f->value[dword + 1];
}

/* Whether it shows in what a driver looks at first: identity, BARs, the registers of BAR 0. */
static bool scramble_shows(const struct card *card, uint64_t now_us)
{
	const struct scramble *s = &card->scramble;

	if (!is_scrambled(card))
		return false;
	if (s->ones || s->registers)
		return true;
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		const struct function *f = &card->function[fn];

		if (card->elsewhere & 1U << fn)
			continue;
		if (seen_config(card, fn, 0, now_us) != f->value[0] ||
		    (seen_config(card, fn, PCI_HEADER / 4, now_us) ^ f->value[PCI_HEADER / 4]) &
		    HEADER_LAYOUT)
			return true;
		/* An FLR leaves the siblings alone, and their BARs are not compared after it. */
		for (unsigned int bar = 0; fn == 0 && bar < CARD_ROM; bar++)
			if (bar_moved(card, fn, bar, now_us))
				return true;
	}
	return false;
}

/* Why a driver in a guest could not use the card now, NULL when it could. */
static const char *verdict(const struct card *card, uint64_t now_us)
{
	const char *reason = why_not_ready(card, now_us);

	if (reason)
		return reason;
	if (wpr2(card) & 0xfffffff0)
		return "wpr2";
	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		if (card_answer(card, fn, now_us) != ANSWER)
			return "function";
	if (scramble_shows(card, now_us))
		return "scramble";
	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		for (unsigned int bar = 0; bar < CARD_ROM; bar++)
			if (!(card->elsewhere & 1U << fn) &&
			    !bar_assigned(&card->function[fn], bar))
				return "bars";
	return NULL;
}

static void do_verdict(struct command *c)
{
	const char *reason = verdict(c->card, c->now_us);

	if (reason)
		answer(c, "ok dead %s", reason);
	else
		answer(c, "ok alive");
}

/* Since when the card has been ready, if it is. */
static uint64_t ready_since(const struct card *card)
{
	uint64_t us = later(card->link_us, card->mended_us);

	for (unsigned int fn = 0; fn < card->model->functions; fn++)
		us = later(us, card->function[fn].ready_us);
	if (card->model->chip->boot != BOOT_HOST)
		us = later(us, card->booted_us);
	if (card->model->chip->firewall)
		us = later(us, card->firewall_us);
	return us;
}

static void do_ready_ago(struct command *c)
{
	if (!c->card->was_reset)
		answer(c, "ok never-reset");
	else if (why_not_ready(c->card, c->now_us))
		answer(c, "ok not-ready");
	else
		answer(c, "ok %" PRIu64, (c->now_us - ready_since(c->card)) / 1000);
}

static void do_power(struct command *c)
{
	c->card->pulled = false;
	card_heal(c->card, c->now_us);
	card_defaults(c->card);
	card_reset(c->card, LEVEL_NEVER, c->now_us, false);
	c->card->booted_us = c->now_us;
	c->card->firewall_us = c->now_us;
}

static void do_slot(struct command *c)
{
	static const char *const names[] = { "in", "out" };
	unsigned int out;

	if (!pick(c, 1, names, ARRAY_SIZE(names), &out))
		return;
	if (!out)
		do_power(c);
	c->card->pulled = out;
	event(c->card, "SLOT %s", names[out]);
}

static void do_heal(struct command *c)
{
	card_heal(c->card, c->now_us);
}

static void do_healthy(struct command *c)
{
	card_heal(c->card, c->now_us);
	card_defaults(c->card);
}

/* Another card of the same kind, as the next enumeration sees it. */
static void do_id(struct command *c)
{
	struct function *f = &c->card->function[0];
	long long id;

	if (!number(c, 1, 16, 0, UINT16_MAX, &id))
		return;
	f->reset[0] = (f->reset[0] & 0xffff) | (uint32_t)id << 16;
	f->value[0] = f->reset[0];
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
	{ "firewall-ms", 2, 2, do_firewall_ms },
	{ "config", 4, 4, do_config },
	{ "scramble", 3, 4, do_scramble },
	{ "finite", 1, 1, do_finite },
	{ "wpr2", 2, 2, do_fault },
	{ "sec", 2, 2, do_fault },
	{ "firewall", 2, 2, do_fault },
	{ "boot-stuck", 2, 2, do_fault },
	{ "chip-kept", 2, 2, do_fault },
	{ "link-dead", 2, 2, do_fault },
	{ "link-width", 2, 3, do_link_width },
	{ "link-speed", 2, 2, do_link_speed },
	{ "hda", 2, 2, do_hda },
	{ "storm", 2, 2, do_storm },
	{ "cto", 2, 2, do_cto },
	{ "d3cold", 2, 2, do_d3cold },
	{ "count", 2, 2, do_count },
	{ "clear", 1, 1, do_clear },
	{ "soil", 1, 1, do_soil },
	{ "soiled", 1, 1, do_soiled },
	{ "state", 1, 1, do_state },
	{ "verdict", 1, 1, do_verdict },
	{ "ready-ago", 1, 1, do_ready_ago },
	{ "power", 1, 1, do_power },
	{ "slot", 2, 2, do_slot },
	{ "heal", 1, 1, do_heal },
	{ "id", 2, 2, do_id },
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
	/* Not the questions: a test may ask them a thousand times. */
	if (c.args > 1)
		event(c.card, "CTL %s %s %s", c.arg[0], c.arg[1], c.args > 2 ? c.arg[2] : "");
	else if (strcmp(c.arg[0], "state") && strcmp(c.arg[0], "verdict") &&
		 strcmp(c.arg[0], "soiled") && strcmp(c.arg[0], "ready-ago"))
		event(c.card, "CTL %s", c.arg[0]);
	card_command(&c);
}
