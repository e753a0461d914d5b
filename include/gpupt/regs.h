/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NVIDIA register offsets and values, each with the public source it was
 * read in. OGKM is NVIDIA's open-gpu-kernel-modules, GAT its
 * gpu-admin-tools; nouveau is drivers/gpu/drm/nouveau. Where a register
 * moves from one kind of GPU to the next, struct gpupt_model has the offset.
 */
#ifndef GPUPT_REGS_H
#define GPUPT_REGS_H

#include <linux/bits.h>

/* OGKM dev_boot.h NV_PMC_BOOT_0; nouveau nvkm/engine/device/base.c */
#define GPUPT_PMC_BOOT_0		0x000000
#define GPUPT_PMC_BOOT_0_ARCH		GENMASK(28, 24)
#define GPUPT_PMC_BOOT_0_ARCH_HIGH	BIT(8)

/*
 * Values that a read returns in place of the register: a PRI error is
 * 0xbadfXXXX or 0xbad0XXXX (GAT), a card off the bus is all-ones.
 */
#define GPUPT_PRI_ERROR_MASK		0xfff00000
#define GPUPT_PRI_ERROR			0xbad00000

/* What every register reads after a security fault, until power off (GAT). */
#define GPUPT_SEC_FAULT_0		0xbadf0200
#define GPUPT_SEC_FAULT_1		0xbad00200

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

/*
 * Secure boot of Hopper and Blackwell: the register is 0xff once done.
 * OGKM kfspWaitForSecureBoot_GH100, _GB100, _GB202; GAT
 */
#define GPUPT_FSP_BOOT_GH100		0x0200bc
#define GPUPT_FSP_BOOT_GB202		0xad00bc
/* GB20B has no FSP: its FWSEC says the same. OGKM ksec2WaitForSecureBoot_GB20B */
#define GPUPT_FWSEC_BOOT_GB20B		0x0005e0
#define GPUPT_FSP_DONE_MASK		0x000000ff
#define GPUPT_FSP_DONE			0x000000ff

/*
 * Upper bound of the memory that GSP firmware protects, not zero while such
 * firmware lives: OGKM refuses to boot GSP then ("unexpected WPR2 already
 * up"). OGKM NV_PFB_PRI_MMU_WPR2_ADDR_HI
 */
#define GPUPT_WPR2_TU102		0x1fa828
#define GPUPT_WPR2_GB100		0x88a828
#define GPUPT_WPR2_MASK			GENMASK(31, 4)

/* Scratch registers that FLR and bus reset clear: GAT flr_resettable_scratch */
#define GPUPT_SCRATCH_GK104		0x0015bc
#define GPUPT_SCRATCH_GV100		0x0015d8
#define GPUPT_SCRATCH_TU102		0x001458

/*
 * NVIDIA's Designated Vendor-Specific capability, DVSEC ID 0: Blackwell keeps
 * BAR0 from being read while the bit is set. OGKM
 * gpuWaitForBarFirewall_GB100; GAT
 */
#define GPUPT_DVSEC_FIREWALL		0x08
#define GPUPT_DVSEC_FIREWALL_UP		BIT(20)

/*
 * Header Type (PCIe r6.0, sec 7.5.1.1.9) without bit 7, multi-function, which is
 * not the same in every function of a card.
 */
#define GPUPT_HEADER_LAYOUT		GENMASK(6, 0)

/* Config space, before Hopper: Linux quirk_nvidia_hda() */
#define GPUPT_CFG_HDA			0x488
#define GPUPT_CFG_HDA_ENABLE		BIT(25)

/*
 * How much of BAR0 is mapped: all of it, but for GB20x, whose BAR0 is larger
 * and whose registers above are below this as well.
 */
#define GPUPT_BAR0_WINDOW		0x1000000

#endif /* GPUPT_REGS_H */
