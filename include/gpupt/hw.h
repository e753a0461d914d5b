/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: How the engine touches a card
 *
 * The engine sees one card, that is every function in one slot, and the port
 * above it, through struct gpupt_hw_ops. src/hw_pci.c implements the operations
 * over struct pci_dev, the tests over a fake that records every access.
 */
#ifndef GPUPT_HW_H
#define GPUPT_HW_H

#include <linux/bits.h>
#include <linux/types.h>

struct gpupt_hw;

#define GPUPT_FUNCTIONS		8

/**
 * struct gpupt_hw_fn - what is known of one function before the reset begins
 * @id: first config dword: device ID in bits 31:16, vendor ID in 15:0
 * @header: header layout, bits 6:0 of the header type byte
 * @exp: offset of the PCI Express capability, 0 when the function has none
 */
struct gpupt_hw_fn {
	u32 id;
	u8 header;
	u8 exp;
};

/**
 * struct gpupt_hw - one card as the engine sees it
 * @ops: how it is touched
 * @fn: its functions, by function number
 * @present: bit n is set when fn[n] describes a function of the card
 * @gpu: number of the GPU function
 * @port_exp: offset of the PCI Express capability of the port above, 0 if none
 * @port_link_report: the port reports whether its data link layer is active
 * @link: Link Status of the port when the card was last seen alive, 0 when not
 *	known
 * @hda: bit GPUPT_CFG_HDA_ENABLE of the GPU was set when it was last seen alive
 */
struct gpupt_hw {
	const struct gpupt_hw_ops *ops;
	struct gpupt_hw_fn fn[GPUPT_FUNCTIONS];
	u8 present;
	u8 gpu;
	u8 port_exp;
	bool port_link_report;
	u16 link;
	bool hda;
};

/**
 * struct gpupt_hw_ops - operations of a card
 * @cfg_read: read @size (1, 2 or 4) bytes of config space; all-ones when the
 *	function does not answer
 * @cfg_write: write @size (1, 2 or 4) bytes of config space
 * @port_read: as @cfg_read, of the port above the card
 * @port_write: as @cfg_write, of the port above the card
 * @port_exp_modify: clear, then set bits of a 16-bit register in the PCI Express capability
 *	of the port, as the kernel's own link management does
 * @bar0_read: read a 32-bit register at byte offset @reg of the GPU's BAR0,
 *	below GPUPT_BAR0_WINDOW; all-ones when BAR0 cannot be read. The engine
 *	calls it only with the function's memory decoding on
 * @bar0_write: write such a register
 * @dvsec: offset of NVIDIA's DVSEC in the config space of the GPU, which
 *	answers; 0 when it has none
 * @hold: take the port and, when @whole, every function but those whose lock the
 *	caller has, so that a bus reset disturbs nobody: 0, or -EBUSY when one
 *	of them is in use. Keeps hot-plug and error reporting from acting on
 *	the link change. While held, the functions are in D0
 * @release: undo @hold
 * @save: remember the config space of a function that answers: 0, -ENOMEM, or
 *	-EIO when its BARs are not the ones the kernel assigned, in which case
 *	they must not be decoded
 * @own_bars: are the BARs of a function that answers the ones that the kernel assigned?
 * @restore: write back what @save remembered, or else the last config seen
 *	alive, always without bus mastering; the function's BARs are then the
 *	ones the kernel assigned: 0, or -EIO when they did not take
 * @now_ms: monotonic time in milliseconds
 * @sleep_ms: sleep at least so many milliseconds
 *
 * Context: process context, may sleep. The caller of the engine holds the
 * device lock of the function the reset was asked of.
 */
struct gpupt_hw_ops {
	u32 (*cfg_read)(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			unsigned int size);
	void (*cfg_write)(struct gpupt_hw *hw, unsigned int fn, unsigned int pos,
			  unsigned int size, u32 val);
	u32 (*port_read)(struct gpupt_hw *hw, unsigned int pos, unsigned int size);
	void (*port_write)(struct gpupt_hw *hw, unsigned int pos, unsigned int size, u32 val);
	void (*port_exp_modify)(struct gpupt_hw *hw, unsigned int reg, u16 clear, u16 set);
	u32 (*bar0_read)(struct gpupt_hw *hw, u32 reg);
	void (*bar0_write)(struct gpupt_hw *hw, u32 reg, u32 val);
	unsigned int (*dvsec)(struct gpupt_hw *hw);
	int (*hold)(struct gpupt_hw *hw, bool whole);
	void (*release)(struct gpupt_hw *hw);
	int (*save)(struct gpupt_hw *hw, unsigned int fn);
	bool (*own_bars)(struct gpupt_hw *hw, unsigned int fn);
	int (*restore)(struct gpupt_hw *hw, unsigned int fn);
	u64 (*now_ms)(struct gpupt_hw *hw);
	void (*sleep_ms)(struct gpupt_hw *hw, unsigned int ms);
};

/**
 * gpupt_hw_fn_answers() - does a function answer with its own identity?
 * @hw: the card
 * @fn: number of a present function
 *
 * Looks once. All-ones, a Configuration RRS completion (vendor 0x0001) and the
 * identity of another device all read as no.
 *
 * Context: as the operations.
 * Return: true when vendor, device and header type are the known ones.
 */
bool gpupt_hw_fn_answers(struct gpupt_hw *hw, unsigned int fn);

#endif /* GPUPT_HW_H */
