/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVIDIA register offsets and values, each with the public source it was
 * read in. OGKM is NVIDIA's open-gpu-kernel-modules, GAT its
 * gpu-admin-tools; nouveau is drivers/gpu/drm/nouveau.
 */
#ifndef GPUPT_REGS_H
#define GPUPT_REGS_H

#include <linux/bits.h>

/* OGKM dev_boot.h NV_PMC_BOOT_0; nouveau nvkm/engine/device/base.c */
#define GPUPT_PMC_BOOT_0		0x000000
#define GPUPT_PMC_BOOT_0_ARCH		GENMASK(28, 24)

/*
 * Values that a read returns in place of the register: a PRI error is
 * 0xbadfXXXX or 0xbad0XXXX (GAT), a card off the bus is all-ones.
 */
#define GPUPT_PRI_ERROR_MASK		0xfff00000
#define GPUPT_PRI_ERROR			0xbad00000

/*
 * Firmware boot of Turing to Ada: the first register says that the second
 * may be read, the low byte of the second is 0xff once devinit is done.
 * OGKM gpuWaitForGfwBootComplete_TU102; nouveau subdev/devinit/tu102.c
 */
#define GPUPT_GFW_PRIV_LEVEL		0x118128
#define GPUPT_GFW_PRIV_LEVEL_LOWERED	BIT(0)
#define GPUPT_GFW_PROGRESS		0x118234
#define GPUPT_GFW_PROGRESS_MASK		0x000000ff
#define GPUPT_GFW_PROGRESS_DONE		0x000000ff

/* Highest BAR0 offset above, rounded up: how much of BAR0 is mapped. */
#define GPUPT_BAR0_WINDOW		0x200000

#endif /* GPUPT_REGS_H */
