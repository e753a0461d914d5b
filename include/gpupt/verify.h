/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Verification
 *
 * The one place that says a card is alive. In this order, each step only when
 * the one before held: the link is up, every function of the card answers with
 * its own identity, the firewall over BAR0 is down, PMC_BOOT_0 is this card's,
 * its firmware has booted, no firmware of a former driver survived, and the mark
 * that was left before the reset is gone.
 */
#ifndef GPUPT_VERIFY_H
#define GPUPT_VERIFY_H

#include <linux/types.h>

struct gpupt_hw;
struct gpupt_model;

/**
 * struct gpupt_verify - what a card has to show, and what it showed
 * @model: its row
 * @expect: PMC_BOOT_0 of this card as verified before, or 0 when not known
 * @deadline: gpupt_hw_ops.now_ms() by which it has to have shown it, besides the
 *	time-outs of @model
 * @marked: gpupt_verify_mark() left a mark, which no reset has been seen to wipe out
 * @boot0: PMC_BOOT_0 as last read, 0 before
 * @link: Link Status of the port as last read, 0 when it has none
 * @registers: PMC_BOOT_0 is this card's
 * @sec_fault: the card locked itself up: only power helps
 */
struct gpupt_verify {
	const struct gpupt_model *model;
	u32 expect;
	u64 deadline;
	bool marked;
	u32 boot0;
	u16 link;
	bool registers;
	bool sec_fault;
};

/**
 * gpupt_verify_mark() - leave a mark in the card that a reset wipes out
 * @hw: the card, whose GPU function was quiesced and has its own BARs
 * @verify: @marked is set when it could be left
 *
 * Only on a card with a link whose PMC_BOOT_0 is right, and none where the model
 * knows no register for it. COMMAND is as before.
 *
 * Context: as the operations of @hw.
 */
void gpupt_verify_mark(struct gpupt_hw *hw, struct gpupt_verify *verify);

/**
 * gpupt_verify_run() - is the card alive?
 * @hw: the card, whose GPU function has the BARs that the kernel assigned
 * @verify: what it has to show
 *
 * Waits as long as @verify allows. Leaves bus mastering of the GPU off, and
 * memory decoding as it was.
 *
 * Context: as the operations of @hw.
 * Return: 0, -ENODEV (no link, or a function does not answer), -ETIMEDOUT
 * (firmware or firewall not done), -EIO (answers, but registers are wrong).
 */
int gpupt_verify_run(struct gpupt_hw *hw, struct gpupt_verify *verify);

#endif /* GPUPT_VERIFY_H */
